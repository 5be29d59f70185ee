"""What the whole site does around each page."""

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from marketplace import middleware


def test_a_page_that_depends_on_the_cookie_is_kept_by_nobody() -> None:
    def page(request: Any) -> HttpResponse:
        return HttpResponse("you", headers={"Vary": "Accept-Language, Cookie"})

    assert middleware.NoStore(page)(RequestFactory().get("/"))["Cache-Control"] == "private, no-store"


def test_a_page_that_is_the_same_for_all_may_be_kept() -> None:
    response = middleware.NoStore(lambda request: HttpResponse("all"))(RequestFactory().get("/"))
    assert "Cache-Control" not in response


def test_a_page_that_says_how_long_is_left_alone() -> None:
    def page(request: Any) -> HttpResponse:
        return HttpResponse("you", headers={"Vary": "Cookie", "Cache-Control": "max-age=5"})

    assert middleware.NoStore(page)(RequestFactory().get("/"))["Cache-Control"] == "max-age=5"


def test_an_answer_to_a_key_is_kept_by_nobody() -> None:
    response = middleware.NoStore(lambda request: HttpResponse("yours"))(
        RequestFactory().get("/", headers={"Authorization": "Bearer x"})
    )
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_a_body_over_the_limit_is_refused_with_a_sentence(settings: Any, more: int, status: int) -> None:
    settings.IMPORT_MAX_BYTES = 2_000_000
    layer = middleware.BodyLimit(lambda request: HttpResponse("taken"))
    body = b"x" * (3_000_000 + more)
    response = layer(RequestFactory().post("/", body, content_type="text/csv"))
    assert response.status_code == status
    if status == 413:
        assert b"larger than 2 MB" in response.content


@pytest.mark.django_db
def test_headers_forbid_framing_inline_code_and_foreign_sources(client: Any) -> None:
    response = client.get("/accounts/login/")
    policy = {part.split()[0]: part.split()[1:] for part in response["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert not any("unsafe" in word for words in policy.values() for word in words)
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cache-Control"].find("no-store") >= 0
    assert settings.SESSION_COOKIE_HTTPONLY


def policy_of(page: Any) -> str:
    answer = middleware.ContentPolicy(page)(RequestFactory().get("/"))
    return str(answer["Content-Security-Policy"])


def parts(policy: str) -> set[str]:
    return {part.strip() for part in policy.split(";")}


def test_the_policy_is_that_of_django_csp_with_and_without_a_nonce() -> None:
    from csp.middleware import CSPMiddleware

    def plain(request: Any) -> HttpResponse:
        return HttpResponse("a fragment")

    def scripted(request: Any) -> HttpResponse:
        return HttpResponse(
            f"<script nonce={request.csp_nonce}>", headers={"X-Nonce": str(request.csp_nonce)}
        )

    theirs = CSPMiddleware(plain)(RequestFactory().get("/"))["Content-Security-Policy"]
    assert parts(policy_of(plain)) == parts(theirs) and "nonce" not in theirs
    answer = middleware.ContentPolicy(scripted)(RequestFactory().get("/"))
    assert f"'nonce-{answer['X-Nonce']}'" in answer["Content-Security-Policy"]


def test_a_page_that_changes_its_policy_gets_it() -> None:
    from csp.decorators import csp_update

    changed = csp_update({"frame-src": ["https://frames.example"]})(lambda request: HttpResponse("framed"))
    assert "frame-src https://frames.example" in parts(policy_of(changed))


def test_a_nonce_asked_for_after_the_policy_was_written_is_refused() -> None:
    from csp.exceptions import CSPNonceError

    request = RequestFactory().get("/")
    middleware.ContentPolicy(lambda request: HttpResponse("done"))(request)
    with pytest.raises(CSPNonceError):
        str(request.csp_nonce)  # type: ignore[attr-defined]
