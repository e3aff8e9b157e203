"""What stands in the page's head: the style sheet, the script, and the first thing a person sees while it loads."""

import hashlib
from pathlib import Path

STATIC = Path(__file__).parent / "static"

# a millstone, its furrows cut
MARK = (
    '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="13.5"/>'
    '<circle cx="16" cy="16" r="3.2"/><path d="M16 12.8C17 8.5 20 5.5 23.5 4.8M19 14.5c4.2-1.2 8 .2 10.2 3'
    "M18.5 18c3.2 3 3.8 7 2.5 10.3M15 19c-1 4.3-4 7.3-7.5 8.2M13 17.3c-4.2 1.2-8-.2-10.2-3"
    'M13.5 14c-3.2-3-3.8-7-2.5-10.3"/></svg>'
)


def head() -> str:
    """The lines for Gradio's `head`. Addresses carry the content's hash, so that a browser may keep them."""
    theme = (
        "(()=>{const k=localStorage.getItem('mw-theme');"
        "const dark=matchMedia('(prefers-color-scheme: dark)').matches;"
        "document.documentElement.dataset.theme=k||(dark?'dark':'light')})()"
    )
    return (
        f"<script>{theme}</script>"
        f'<link rel="stylesheet" href="{address("page.css")}">'
        f'<link rel="icon" type="image/svg+xml" href="{address("icon.svg")}">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="description" content="Talk to your machines.">'
        f'<script src="{address("page.js")}"></script>'
    )


def address(name: str) -> str:
    return f"/static/{name}?{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"
