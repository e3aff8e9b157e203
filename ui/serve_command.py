"""`millwright serve`: the chat in the browser, on this machine's own address only."""

import ipaddress
import sys

from machine_profiles.errors import MillwrightError
from settings import Settings


class NotLocal(MillwrightError):
    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is reachable from other computers, and this version has no users to tell apart. "
            f"Use 127.0.0.1 (or ::1), and a tunnel where someone else must reach it."
        )


def serve_command(host: str, port: int) -> int:
    """Serve until interrupted. Raises NotLocal for any address but a loopback one."""
    if host != "localhost" and not _is_loopback(host):
        raise NotLocal(host)
    from agent.service import Copilot
    from tools.plant import open_plant
    from ui._chat_page import STYLE, build_page

    settings = Settings()
    copilot = Copilot(open_plant(settings), settings)
    page = build_page(copilot)
    print(f"Millwright listens on http://{host}:{port} (this machine only). Stop it with Ctrl-C.", file=sys.stderr)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            css=STYLE,
            quiet=True,
            show_error=False,
            footer_links=[],
            inbrowser=False,
        )
    finally:
        copilot.close()
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
