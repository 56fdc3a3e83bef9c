"""Hostile documents for upload tests."""

import struct
import zlib
from collections.abc import Iterator

from tests.support.documents.samples import (
    EXCEL_MAIN,
    WORD_MAIN,
    a_docx,
    a_jpeg,
    a_pdf,
    a_png,
    a_signature,
    a_stream,
    a_tiff,
    a_xlsx,
    a_zip,
    an_office_file,
    content_types,
    relation_type,
    relations,
)

Hostile = tuple[str, str, bytes, str]
"""Case, kind, content, finding."""

WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CELLS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ENCRYPTION = f"<</Filter/Standard/V 1/R 2/O({'a' * 32})/U({'b' * 32})/P -4>>"
_ATTACHED = "<</Type/Filespec/F(a.exe)/EF<</F 5 0 R>>>>"


def hostile_pdfs() -> Iterator[Hostile]:
    script = "<</S/JavaScript/JS(app.alert(1))>>"
    yield "script at opening", "pdf", a_pdf(catalog=f"/OpenAction{script}"), "scripts"
    yield (
        "script by name",
        "pdf",
        a_pdf(catalog=f"/Names<</JavaScript<</Names[(a){script}]>>>>"),
        "scripts",
    )
    yield "script of a page", "pdf", a_pdf(catalog=f"/AA<</WC{script}>>"), "scripts"
    escaped = "/OpenAction<</S/J#61vaScript/J#53(app.alert(1))>>"
    yield "script with escaped letters", "pdf", a_pdf(catalog=escaped), "scripts"
    referred = a_pdf(catalog="/OpenAction<</S 4 0 R>>", objects=["/JavaScript"])
    yield "script by reference", "pdf", referred, "scripts"
    yield "script that nothing refers to", "pdf", a_pdf(objects=[script]), "scripts"
    packed = a_stream("/Type/ObjStm/N 1/First 4", f"9 0 {script}".encode())
    yield "packed script that nothing refers to", "pdf", a_pdf(objects=[packed]), "scripts"
    bomb = a_stream("/Type/ObjStm/N 1/First 4", bytes(250_000_000))
    yield "packed objects of 250 MB", "pdf", a_pdf(objects=[bomb]), "tooComplex"
    yield "program", "pdf", a_pdf(catalog="/OpenAction<</S/Launch/F(cmd.exe)>>"), "scripts"
    yield "form with scripts", "pdf", a_pdf(catalog="/AcroForm<</XFA[]/Fields[]>>"), "scripts"
    names = "/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>"
    attached = a_pdf(catalog=names, objects=[_ATTACHED, a_stream("/Type/EmbeddedFile", b"MZ")])
    yield "attached program", "pdf", attached, "embeddedFiles"
    share = r"(\\\\evil\\share\\x.pdf)"
    for case, place in (
        ("GoToE", share),
        ("GoToR", share),
        ("GoToR", f"<</Type/Filespec/F{share}>>"),
        ("GoToR", "<</FS/URL/F(http://evil.example/x.pdf)>>"),
        ("GoToR", "(//evil.example/x.pdf)"),
    ):
        jump = a_pdf(catalog=f"/AA<</O<</S/{case}/F{place}/D[0/Fit]>>>>")
        yield f"{case} {place}", "pdf", jump, "outsideLinks"
    away = a_pdf(catalog="/X 4 0 R", objects=[f"<</Length 0/F{share}>>stream\n\nendstream"])
    yield "stream that lies on a server", "pdf", away, "outsideLinks"
    locked = a_pdf(trailer="/Encrypt 4 0 R/ID[(a)(b)]", objects=[_ENCRYPTION])
    yield "password", "pdf", locked, "encrypted"
    yield "five bytes", "pdf", b"%PDF-", "damaged"
    yield "end only", "pdf", b"%PDF-1.4\n%%EOF\n", "damaged"
    yield (
        "no page",
        "pdf",
        a_pdf().replace(b"/Kids[3 0 R]/Count 1", b"/Kids[]/Count 0     "),
        "damaged",
    )
    yield "page tree that bites its tail", "pdf", a_pdf().replace(b"[3 0 R]", b"[2 0 R]"), "damaged"
    yield "hundred thousand brackets", "pdf", a_pdf(catalog="/A" + "[" * 100_000), "damaged"


def hostile_images() -> Iterator[Hostile]:
    nothing = zlib.compress(b"")
    yield "65535 × 65535", "png", a_png(65535, 65535, nothing), "tooManyPixels"
    yield "65535 × 65535", "jpeg", a_jpeg(65535, 65535), "tooManyPixels"
    yield "65535 × 65535", "tiff", a_tiff(65535, 65535), "tooManyPixels"
    yield "100 MB in 64 points", "png", a_png(8, 8, zlib.compress(bytes(100_000_000))), "tooComplex"
    yield "no points", "png", a_png(8, 8, nothing), "damaged"
    yield "cut off", "png", a_png()[:-20], "damaged"
    yield "wrong checksum", "png", a_png().replace(b"IDAT", b"IDAU"), "damaged"
    yield "beginning only", "png", b"\x89PNG\r\n\x1a\n", "damaged"
    yield "cut off", "jpeg", a_jpeg()[:-2], "damaged"
    yield "beginning only", "jpeg", b"\xff\xd8\xff", "damaged"
    yield "a million fill bytes", "jpeg", a_jpeg()[:-2] + b"\xff" * 1_000_000, "damaged"
    again = a_jpeg()[a_jpeg().index(b"\xff\xda") : -2]
    yield "a thousand passes", "jpeg", a_jpeg()[:-2] + again * 1_000 + b"\xff\xd9", "tooComplex"
    first = struct.unpack("<I", a_tiff()[4:8])[0]
    yield "pages in a circle", "tiff", a_tiff()[:-4] + struct.pack("<I", first), "tooComplex"
    yield "beginning only", "tiff", b"II*\0", "damaged"
    yield "no pages", "tiff", b"II*\0" + bytes(20), "damaged"


def hostile_office_files() -> Iterator[Hostile]:
    def docx(case: str, parts: dict[str, bytes | str], finding: str) -> Hostile:
        return case, "docx", a_docx(parts=parts), finding

    macros = content_types(
        ("/word/document.xml", WORD_MAIN.replace("document.main", "document.macroEnabled.main"))
    )
    yield docx("macros", {"word/vbaProject.bin": b"x"}, "scripts")
    yield docx("macros by type", {"[Content_Types].xml": macros}, "scripts")
    yield docx("macros under another name", macros_elsewhere(), "scripts")
    yield docx("program", {"word/media/a.bin": b"MZ\x90\0"}, "scripts")
    yield docx("program by name", {"word/media/a.EXE": b"x"}, "scripts")
    yield docx("embedded OLE", {"word/embeddings/o.bin": b"\xd0\xcf\x11\xe0"}, "embeddedFiles")
    yield docx("path upwards", {"../../x.xml": "<a/>"}, "damaged")
    yield docx("path upwards by backslash", {"..\\..\\x.xml": "<a/>"}, "damaged")
    yield docx("absolute path", {"/etc/x.xml": "<a/>"}, "damaged")
    yield docx("drive", {"C:/x.xml": "<a/>"}, "damaged")
    yield docx("name twice", {"word/Document.xml": "<a/>"}, "damaged")
    yield docx("bomb", {"word/media/a.bin": bytes(50_000_000)}, "tooComplex")
    yield docx("six thousand entries", {f"word/{n}": b"" for n in range(6_000)}, "tooComplex")
    bomb = a_zip({"x": bytes(50_000_000)})
    yield docx("archive inside", {"word/embeddings/a.zip": bomb}, "embeddedFiles")
    yield docx("archive called a workbook", {"word/embeddings/a.xlsx": bomb}, "otherKind")
    nested = a_xlsx(parts={"xl/media/a.bin": bytes(50_000_000)})
    yield docx("bomb in a workbook inside", {"word/embeddings/a.xlsx": nested}, "tooComplex")
    deep = a_docx(parts={"word/embeddings/a.docx": a_docx()})
    yield docx("documents in documents", {"word/embeddings/a.docx": deep}, "embeddedFiles")
    laughs = '<!DOCTYPE a [<!ENTITY b "lol">]><a>&b;</a>'
    yield docx("entities", {"word/a.xml": laughs}, "tooComplex")
    yield docx("broken XML", {"word/a.xml": "<a><b></a>"}, "damaged")
    for kind, target in (
        ("attachedTemplate", "http://evil.example/x.dotm"),
        ("attachedTemplate", "file:///\\\\evil\\x.dotm"),
        ("image", "//evil.example/x.png"),
        ("frame", "mhtml:http://evil.example/x!y"),
        ("oleObject", "https://evil.example/x"),
        ("attachedTemplate", "%5C%5Cevil%5Cx.dotm"),
    ):
        links = relations(("r1", relation_type(kind), target, True))
        yield docx(f"{kind} {target}", {"word/_rels/document.xml.rels": links}, "outsideLinks")
    cut = "</w:t><w:instrText>DD</w:instrText></w:r><w:r><w:instrText>EAUTO cmd</w:instrText><w:t>"
    yield "command in a field", "docx", a_docx(cut), "scripts"
    command = '<w:p><w:fldSimple w:instr=" DDEAUTO cmd "/></w:p>'
    body = f'<w:document xmlns:w="{WORDS}"><w:body>{command}</w:body></w:document>'
    moved = an_office_file("other/document.xml", WORD_MAIN, body, {})
    yield "command in a main part elsewhere", "docx", moved, "scripts"
    renamed = an_office_file("word/document.bin", WORD_MAIN, body, {})
    yield "command in a main part of another name", "docx", renamed, "damaged"
    for field in ("LINK Word.Document.8", "IMPORT", "INCLUDETEXT"):
        loading = f'<w:fldSimple w:instr=" {field} &quot;\\\\\\\\evil\\\\x&quot; "/>'
        header = f'<w:hdr xmlns:w="{WORDS}">{loading}</w:hdr>'
        yield docx(field, {"word/header1.xml": header}, "outsideLinks")
    taken_in = relations(("r1", relation_type("aFChunk"), "a.html", False))
    parts: dict[str, bytes | str] = {"word/_rels/document.xml.rels": taken_in, "word/a.html": "<a>"}
    yield docx("page taken in as it is", parts, "embeddedFiles")
    yield docx("RTF", {"word/a.dat": b"{\\rtf1{\\object}}"}, "embeddedFiles")
    asking = '<connection id="1" type="4"><webPr url="http://evil.example"/></connection>'
    loading = '<connection id="1" type="1" refreshOnLoad="1"><dbPr connection="x"/></connection>'
    for connection in (asking, loading):
        inside = f'<connections xmlns="{CELLS}">{connection}</connections>'
        book = a_xlsx(parts={"xl/connections.xml": inside})
        yield f"connection {connection}", "xlsx", book, "outsideLinks"
    linked = EXCEL_MAIN.replace("sheet.main", "externalLink")
    types = content_types(("/xl/workbook.xml", EXCEL_MAIN), ("/xl/worksheets/a.xml", linked))
    hidden = a_xlsx(parts={"[Content_Types].xml": types, "xl/worksheets/a.xml": "<a/>"})
    yield "link to a program among the sheets", "xlsx", hidden, "damaged"
    yield "workbook as a document", "docx", a_xlsx(), "otherKind"
    yield "document as a workbook", "xlsx", a_docx(), "otherKind"
    yield "any archive", "docx", a_zip({"word/document.xml": "<a/>"}), "otherKind"
    yield "cut off", "docx", a_docx()[:-30], "damaged"
    yield "other name before the entry", "docx", _with_other_local_name(a_docx()), "damaged"
    yield "other size before the entry", "docx", _with_other_local_size(a_docx()), "damaged"
    yield "password", "docx", _with_password(a_docx()), "encrypted"
    yield "overlapping entries", "docx", _overlapping(a_docx()), "damaged"


def macros_elsewhere() -> dict[str, bytes | str]:
    """Document parts with macros in an unusual place."""
    vba = ("/word/theme/data.bin", "application/vnd.ms-office.vbaProject")
    types = content_types(("/word/document.xml", WORD_MAIN), vba)
    return {"[Content_Types].xml": types, "word/theme/data.bin": b"x"}


def _with_other_local_name(archive: bytes) -> bytes:
    return archive[:30] + b"X" + archive[31:]


def _with_other_local_size(archive: bytes) -> bytes:
    return archive[:22] + struct.pack("<I", 5) + archive[26:]


def _with_password(archive: bytes) -> bytes:
    directory = archive.index(b"PK\x01\x02")
    locked = archive[:6] + b"\x01\0" + archive[8:]
    return locked[: directory + 8] + b"\x01\0" + locked[directory + 10 :]


def _overlapping(archive: bytes) -> bytes:
    """An archive whose second entry has the offset of the first."""
    second = archive.index(b"PK\x01\x02", archive.index(b"PK\x01\x02") + 1)
    return archive[: second + 42] + bytes(4) + archive[second + 46 :]


def hostile_signatures() -> Iterator[Hostile]:
    yield "other content", "p7s", b"\x30\x82\x01\x00" + b"0" * 300, "otherKind"
    yield "cut off", "p7s", a_signature()[:-50], "damaged"


def all_hostile() -> list[Hostile]:
    makers = (hostile_pdfs, hostile_images, hostile_office_files, hostile_signatures)
    return [each for maker in makers for each in maker()]
