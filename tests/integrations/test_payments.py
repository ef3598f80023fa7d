"""References and codes: the vectors of compliance.md 2.6, and segno's own codes module by module."""

from __future__ import annotations

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iso11649
from stdnum.be import ogm_vcs

from integrations.payments import epc_qr
from integrations.payments.epc_qr import Transfer, modules, payload, png
from integrations.payments.ogm import creditor_reference, ogm, reference_number, structured_reference


@pytest.mark.parametrize(
    ("digits", "shown"),
    [("0108068171", "+++010/8068/17183+++"), ("0000000097", "+++000/0000/09797+++"), ("1234567890", "+++123/4567/89002+++")],
)
def test_structured_communication(digits: str, shown: str):
    assert ogm(digits) == shown


@given(st.integers(1, 10**9 - 1), st.sampled_from(["action", "customer"]))
def test_references_are_valid_and_their_own(number: int, kind: str):
    digits = reference_number(kind, number)
    assert ogm_vcs.is_valid(ogm(digits)) and iso11649.is_valid(creditor_reference(digits))
    assert structured_reference("BE", kind, number).startswith("+++") and structured_reference("FR", kind, number).startswith(
        "RF"
    )


def transfer(cents: int = 770_268, reference: str = "RF81 2000 0000 01", name: str = "Cartonnerie des Flandres") -> Transfer:
    return Transfer(name, "FR76 3000 6000 0112 3456 7890 189", "AGRIFRPP", cents, reference)


def test_the_payload_is_the_standard_s_and_a_belgian_reference_is_free_text():
    lines = payload(transfer()).decode().split("\n")
    assert lines[:4] == ["BCD", "002", "1", "SCT"] and lines[6] == "FR7630006000011234567890189"
    assert lines[7] == "EUR7702.68" and lines[9] == "RF81200000000" + "1"
    belgian = payload(transfer(reference="+++100/0000/04276+++")).decode().split("\n")
    assert belgian[9] == "" and belgian[10] == "+++100/0000/04276+++"


@pytest.mark.parametrize("wrong", [Transfer("x", "FR76", "", 100, ""), transfer(0), transfer(-5), transfer(10**12)])
def test_what_no_bank_takes_is_refused(wrong: Transfer):
    with pytest.raises(ValueError, match=r"iban|amount"):
        payload(wrong)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 99_999_999_999), st.text("0123456789RF ", max_size=30), st.text(min_size=1, max_size=60))
def test_codes_made_from_one_another_are_segno_s(cents: int, reference: str, name: str):
    data = payload(transfer(cents, reference, name.encode("utf-8", "ignore").decode()))
    side, code = modules(data)
    own = segno.make_qr(data, error="m", boost_error=False, version=(side - 17) // 4, mask=epc_qr.MASK, mode="byte")
    assert code == int("".join("".join("1" if dark else "0" for dark in row) for row in own.matrix), 2)


def test_the_picture_shows_the_code_with_its_quiet_zone():
    from io import BytesIO

    from PIL import Image

    data = payload(transfer())
    side, code = modules(data)
    picture = Image.open(BytesIO(png(data, scale=3)))
    assert picture.size == ((side + 8) * 3,) * 2 and picture.mode == "1"
    dark = [picture.getpixel(((4 + x) * 3 + 1, (4 + y) * 3 + 1)) == 0 for y in range(side) for x in range(side)]
    assert dark == [bit == "1" for bit in f"{code:0{side * side}b}"]
    assert all(picture.getpixel((x, 2)) for x in range(picture.width))
