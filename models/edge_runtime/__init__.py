"""What an edge bundle carries to the device: plain Python that needs only numpy and onnxruntime."""
