"""Small valid files that the demo uploads."""

from collections.abc import Sequence


def a_pdf(
    mark: str = "", *, catalog: str = "", objects: Sequence[bytes | str] = (), trailer: str = ""
) -> bytes:
    """Return a valid PDF with one empty A4 page, about 400 bytes; ``mark`` makes it unique.

    ``catalog``, ``trailer``: more entries of these dictionaries; ``objects``: numbered from 4.
    """
    bodies: list[bytes | str] = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        *objects,
    ]
    written, places = (
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + (f"% {mark}\n".encode() if mark else b""),
        [],
    )
    for number, body in enumerate(bodies, 1):
        places.append(len(written))
        inner = body.encode() if isinstance(body, str) else body
        written += b"%d 0 obj\n%b\nendobj\n" % (number, inner)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        written
        + (
            f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}"
            f"trailer\n<</Size {len(bodies) + 1}/Root 1 0 R{trailer}>>\n"
            f"startxref\n{len(written)}\n%%EOF\n"
        ).encode()
    )
