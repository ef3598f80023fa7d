"""Signing in with a keyboard, and what a wrong password says."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models.users import Role
from services import accounts
from tests.conftest import PASSWORD, make_user


@pytest.fixture
def alice(session, company):
    user = make_user(session, Role.ACCOUNTANT, [company], "alice@example.org")
    user.password_hash = accounts.hash_password(PASSWORD)
    session.commit()
    return user


@pytest.mark.browser
@pytest.mark.parametrize("window", ["page", "phone"])
def test_signing_in(live, alice, request, window):
    page = request.getfixturevalue(window)
    page.goto("/login?next=/profile")
    page.get_by_label("E-mail").fill("alice@example.org")
    page.get_by_label("Mot de passe").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Il reste 4 essais")).to_be_visible()
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mon profil")).to_be_visible()
    page.locator("summary.avatar").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
