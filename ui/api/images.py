"""A picture sent in: decoded, encoded anew under a name of ours, then judged."""

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from models.vision import ImageDiagnosis
from ui.api.asking import Asked
from ui.page.uploads import LARGEST_BYTES, PICTURES, BadUpload, keep_upload

router = APIRouter(tags=["images"])


@router.post("/diagnose")
def diagnose(
    asked: Asked,
    picture: Annotated[UploadFile, File(description="JPEG, PNG, WebP, BMP or TIFF.")],
    machine_id: Annotated[str | None, Form(max_length=64)] = None,
) -> ImageDiagnosis:
    """Judge a photograph for damage, or a thermogram for hot spots."""
    suffix = Path(picture.filename or "").suffix.lower()
    if suffix not in PICTURES:
        raise BadUpload(f"Send a picture: {', '.join(kind.removeprefix('.') for kind in PICTURES)}.")
    with tempfile.TemporaryDirectory() as folder:
        sent = Path(folder) / f"picture{suffix}"
        sent.write_bytes(picture.file.read(LARGEST_BYTES + 1))
        storage = asked.plant.storage
        kept = keep_upload(storage, str(sent), folder, storage.uploads_of(asked.person.name))
    return asked.call("diagnose_image", ImageDiagnosis, image_path=str(kept), machine_id=machine_id)
