"""Certificates: a person's own, and the public addresses that verify one."""

from django.urls import path

from marketplace.web.views import certificates

urlpatterns = [
    path("work/certificates/", certificates.index, name="certificates"),
    path("work/certificates/<str:public_id>/issue/", certificates.issue, name="certificate-issue"),
    path("work/certificates/<str:number>/withdraw/", certificates.withdraw, name="certificate-withdraw"),
    path("certificates/", certificates.verify, name="certificate-verify"),
    path("certificates/issuer/", certificates.issuer, name="certificate-issuer"),
    path("certificates/keys/<str:thumbprint>/", certificates.key, name="certificate-key"),
    path("certificates/status/<int:number>/", certificates.status, name="certificate-status"),
    path("certificates/<str:number>/", certificates.public, name="certificate"),
    path("certificates/<str:number>/jwt/", certificates.token, name="certificate-jwt"),
    path("certificates/<str:number>/json/", certificates.as_json, name="certificate-json"),
    path(".well-known/jwks.json", certificates.jwks, name="jwks"),
    path(".well-known/did.json", certificates.did, name="did"),
]
