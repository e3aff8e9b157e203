"""A server that speaks the OpenAI chat protocol and says, or breaks, what a test wrote for it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer: a status, text, calls as (name, arguments as text), and how the stream is broken."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    finish: str | None = "stop"
    fault: str = ""  # silent, dropped, not_json, not_the_protocol


@dataclass
class Server:
    url: str
    replies: list[Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def serving(*replies: Reply) -> Iterator[Server]:
    """The last reply is given again where more is asked."""
    told = Server("", list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

        def do_POST(self) -> None:
            told.keys.append(self.headers.get("Authorization", ""))
            told.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            reply = told.replies.pop(0) if len(told.replies) > 1 else told.replies[0]
            if reply.fault == "silent":
                time.sleep(1.5)
                self.close_connection = True
                return
            if reply.status != 200:  # as servers do, it repeats the key
                self._send(json.dumps({"error": {"message": f"no: {told.keys[-1]}", "type": "x"}}), reply, "json")
            elif reply.fault == "not_json":
                self._send("data: {this is no JSON\n\n", reply, "event-stream")
            elif reply.fault == "not_the_protocol":
                self._send('data: {"choices": "none", "id": 5}\n\n', reply, "event-stream")
            elif told.asked[-1].get("stream"):
                self._stream(reply)
            else:
                self._whole(reply)

        def _send(self, body: str, reply: Reply, kind: str) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", f"{'text' if kind == 'event-stream' else 'application'}/{kind}")
            self.send_header("Content-Length", str(len(body.encode())))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def _whole(self, reply: Reply) -> None:
            choice = {
                "index": 0,
                "message": {"role": "assistant", "content": reply.text},
                "finish_reason": reply.finish,
            }
            body = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
            if reply.fault == "dropped":
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2].encode())
                self.wfile.flush()
                self.close_connection = True
                return
            self._send(body, reply, "json")

        def _stream(self, reply: Reply) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for n, (name, arguments) in enumerate(reply.calls):
                head, tail = arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]
                call = {
                    "index": n,
                    "id": f"call_{n}",
                    "type": "function",
                    "function": {"name": name, "arguments": head},
                }
                self._chunk({"tool_calls": [call]})
                self._chunk({"tool_calls": [{"index": n, "function": {"arguments": tail}}]})
            half = len(reply.text) // 2
            self._chunk({"content": reply.text[:half], "role": "assistant"})
            if reply.fault == "dropped":
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
                return
            self._chunk({"content": reply.text[half:]})
            if reply.finish:
                self._chunk({}, "tool_calls" if reply.calls else reply.finish)
            self._write("data: [DONE]\n\n")
            self._write("")

        def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            whole = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
            self._write(f"data: {json.dumps(whole)}\n\n")

        def _write(self, text: str) -> None:
            self.wfile.write(f"{len(text.encode()):x}\r\n{text}\r\n".encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
