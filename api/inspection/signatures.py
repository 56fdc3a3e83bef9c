"""Inspector of detached signatures: outer structure of a PKCS #7 message."""

from typing import BinaryIO

from api.inspection.findings import Finding, Suspect

SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""Object identifier of signedData in DER."""


def inspect_signature(file: BinaryIO) -> None:
    """Check that the file is a DER sequence of type signedData, not truncated. Raises: Suspect."""
    head = file.read(32)
    if len(head) < 32:
        raise Suspect(Finding.DAMAGED)
    size = file.seek(0, 2)
    length, begin = _length(head)
    if not head[begin:].startswith(SIGNED_DATA):
        raise Suspect(Finding.OTHER_KIND)
    if length is not None and begin + length > size:
        raise Suspect(Finding.DAMAGED)


def _length(head: bytes) -> tuple[int | None, int]:
    """Length of the sequence (None for indefinite length) and offset of its content."""
    first = head[1]
    if first == 0x80:
        return None, 2
    if first < 0x80:
        return first, 2
    digits = first & 0x7F
    return int.from_bytes(head[2 : 2 + digits], "big"), 2 + digits
