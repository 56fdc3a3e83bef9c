"""Joining ES modules: order, lines, and what is refused."""

import pytest

from api.pages.modules import ModuleNotJoined, joined


def test_each_module_runs_once_behind_those_that_it_imports() -> None:
    script = joined(
        "page.js",
        {
            "page.js": "import {b} from './deal/b.js';\nimport {a} from './a.js';\na(b);",
            "a.js": "import {b, c} from './deal/b.js';\nexport const a = () => b + c;",
            "deal/b.js": "export {b};\nexport async function c() {\n}\nconst b = 1;",
        },
    )

    assert script == (
        "const $deal$b = (() => { // deal/b.js\n"
        "\n"
        "async function c() {\n"
        "}\n"
        "const b = 1;\n"
        "return {b, c};\n"
        "})();\n"
        "const $a = (() => { // a.js\n"
        "const {b, c} = $deal$b;\n"
        "const a = () => b + c;\n"
        "return {a};\n"
        "})();\n"
        "const $page = (() => { // page.js\n"
        "const {b} = $deal$b;\n"
        "const {a} = $a;\n"
        "a(b);\n"
        "return {};\n"
        "})();"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "import b from './b.js';",
        "import * as b from './b.js';",
        "import {b as c} from './b.js';",
        "import './b.js';",
        'import {b} from "./b.js";',
        "import {\n  b,\n} from './b.js';",
        "export default [];",
        "export let count = 0;",
        "export * from './b.js';",
        "export {b} from './b.js';",
        "const later = () => import('./b.js');",
        "const here = import.meta.url;",
        "await b();",
    ],
)
def test_what_cannot_be_joined_is_refused(statement: str) -> None:
    with pytest.raises(ModuleNotJoined, match=r"a\.js"):
        joined("a.js", {"a.js": statement, "b.js": "export const b = 1;"})


@pytest.mark.parametrize(
    ("imported", "words"), [("./a.js", "in a circle"), ("./c.js", "no such module")]
)
def test_a_circle_and_a_missing_module_are_refused(imported: str, words: str) -> None:
    sources = {
        "a.js": "import {b} from './b.js';\nexport const a = b;",
        "b.js": f"import {{a}} from '{imported}';\nexport const b = a;",
    }

    with pytest.raises(ModuleNotJoined, match=words):
        joined("a.js", sources)
