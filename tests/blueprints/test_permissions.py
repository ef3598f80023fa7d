"""The permission matrix walked over the whole url_map: every route, every role, own and foreign rows.

Alice works for the company, Bob is a sales representative with one customer, Charlie belongs to another company."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule as Route

from blueprints.permissions import MATRIX
from models.users import Role
from tests.rows import World, make_world

ROUTES = sorted(MATRIX, key=str)
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def address(app: Flask, endpoint: str, values: dict[str, object]) -> str:
    with app.test_request_context():
        route: Route = next(iter(app.url_map.iter_rules(endpoint)))
        arguments = {name: values[name] for name in route.arguments}
        return str(app.url_map.bind("localhost").build(endpoint, arguments))


@pytest.fixture
def world(session) -> World:
    return make_world(session)


def test_nobody_enters_without_signing_in(app, world):
    client = app.test_client()
    for endpoint, method in ROUTES:
        rule = MATRIX[endpoint, method]
        if rule.public or endpoint == "static":
            continue
        app.config["WTF_CSRF_ENABLED"] = False
        answer = client.open(address(app, endpoint, world.own), method=method)
        assert answer.status_code == 303 and "/login" in answer.location, (endpoint, method)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_what_the_matrix_says(app, session, world, sign_in, role):
    client = sign_in(role, world.company, f"{role.value}@example.org")
    world.give_portfolio(session, role)
    for endpoint, method in ROUTES:
        rule = MATRIX[endpoint, method]
        if rule.public or endpoint in {"static", "auth.destroy"}:
            continue
        answer = client.open(address(app, endpoint, world.own), method=method)
        if role in rule.roles:
            assert answer.status_code not in {403, 404, 405, 500}, (endpoint, method, answer.status_code)
        else:
            assert answer.status_code == 403, (endpoint, method, answer.status_code)
        world.restore(session)


@pytest.mark.parametrize("role", list(Role))
def test_rows_of_another_company_do_not_exist(app, session, world, sign_in, role):
    client = sign_in(role, world.company, f"{role.value}@example.org")
    world.give_portfolio(session, role)
    for endpoint, method in ROUTES:
        rule = MATRIX[endpoint, method]
        if not rule.own or role not in rule.roles or (endpoint == "auth.switch_company" and role == Role.ADMINISTRATOR):
            continue
        answer = client.open(address(app, endpoint, world.foreign), method=method)
        assert answer.status_code == 404, (endpoint, method, answer.status_code)


def test_a_sales_rep_does_not_see_the_customers_of_others(app, session, world, sign_in):
    client = sign_in(Role.SALES_REP, world.company, "sales_rep@example.org")
    world.give_portfolio(session, Role.SALES_REP)
    for endpoint, method in ROUTES:
        rule = MATRIX[endpoint, method]
        if rule.own == "customer" and Role.SALES_REP in rule.roles:
            answer = client.open(address(app, endpoint, world.others), method=method)
            assert answer.status_code == 404, (endpoint, method, answer.status_code)
