"""Role ids in code and in the catalog."""

from db.domain.people import roles
from tests.support.builders import a_catalog


def test_code_and_catalog_know_the_same_roles() -> None:
    ids = {value for name, value in vars(roles).items() if name.isupper()}

    assert ids == set(a_catalog().roles)
