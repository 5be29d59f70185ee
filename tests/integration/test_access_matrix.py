"""Every address of the site × every persona. A new address fails here until it has a row.

A row is the method, the address with objects of `tests/access_world.py` in braces, and what each persona gets, in
the order of PERSONAS:

    a number   the status
    in         sent to log in
    new        sent to found an organisation         profile   sent to the worker profile
    go         another redirect

To add a row: write the line with seven times `?`, run `pytest tests/integration/test_access_matrix.py`, read in the
failure what each persona got, and copy it only if it is what they ought to get. Strangers must get what a wrong
address gives (404), and a reader (vera) 403 for what her role may not do.
"""

import re
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.urls import URLPattern, get_resolver, resolve

from tests import access_world
from tests.personas import log_in

PERSONAS = ("visitor", "alice", "vera", "bob", "charlie", "dana", "erin")
MATRIX = """
# machines
GET  /healthz                                                 200 200 200 200 200 200 200
GET  /readyz                                                  200 200 200 200 200 200 200
GET  /metrics                                                 200 200 200 200 200 200 200
POST /webhooks/stripe/                                        404 404 404 404 404 404 404
POST /webhooks/stripe/connect/                                404 404 404 404 404 404 404
# log-in
GET  /accounts/login/                                         200 go go go go go go
GET  /accounts/logout/                                        go 200 200 200 200 200 200
POST /accounts/logout/                                        go go go go go go go
GET  /accounts/inactive/                                      200 200 200 200 200 200 200
GET  /accounts/signup/                                        200 go go go go go go
GET  /accounts/reauthenticate/                                in 200 200 200 200 200 200
GET  /accounts/email/                                         in 200 200 200 200 200 200
GET  /accounts/confirm-email/                                 in go go go go go go
GET  /accounts/password/change/                               in 200 200 200 200 200 200
GET  /accounts/password/set/                                  in go go go go go go
GET  /accounts/password/reset/                                200 200 200 200 200 200 200
GET  /accounts/login/code/confirm/                            in go go go go go go
GET  /accounts/password/reset/key/{reset}/                    200 200 200 200 200 200 200
GET  /accounts/password/reset/key/done/                       200 200 200 200 200 200 200
GET  /accounts/password/reset/done/                           200 200 200 200 200 200 200
GET  /accounts/2fa/                                           in 200 200 200 200 200 200
GET  /accounts/2fa/authenticate/                              in go go go go go go
GET  /accounts/2fa/reauthenticate/                            in go go go go 200 200
GET  /accounts/2fa/totp/activate/                             in 200 200 200 200 go go
GET  /accounts/2fa/totp/deactivate/                           in 404 404 404 404 200 200
GET  /accounts/2fa/recovery-codes/                            in 404 404 404 404 200 200
GET  /accounts/2fa/recovery-codes/generate/                   in 200 200 200 200 200 200
GET  /accounts/2fa/recovery-codes/download/                   in 404 404 404 404 200 200
# for everybody
GET  /                                                        200 go go go go go go
GET  /charter/                                                200 200 200 200 200 200 200
GET  /help-fund/                                              200 200 200 200 200 200 200
GET  /transparency/                                           200 200 200 200 200 200 200
GET  /transparency/{half_year}/                               200 200 200 200 200 200 200
GET  /transparency/{half_year}.csv                            200 200 200 200 200 200 200
GET  /transparency/all.json                                   200 200 200 200 200 200 200
GET  /mail/stop/{stop}/                                       200 200 200 200 200 200 200
POST /mail/stop/{stop}/                                       200 200 200 200 200 200 200
GET  /certificates/                                           200 200 200 200 200 200 200
POST /certificates/                                           400 400 400 400 400 400 400
GET  /certificates/{certificate}/                             200 200 200 200 200 200 200
GET  /certificates/{certificate}/jwt/                         200 200 200 200 200 200 200
GET  /certificates/{certificate}/json/                        200 200 200 200 200 200 200
GET  /certificates/keys/{signed_by}/                          200 200 200 200 200 200 200
GET  /certificates/status/0/                                  200 200 200 200 200 200 200
GET  /certificates/issuer/                                    200 200 200 200 200 200 200
GET  /.well-known/jwks.json                                   200 200 200 200 200 200 200
GET  /.well-known/did.json                                    200 200 200 200 200 200 200
GET  /terms/                                                  200 200 200 200 200 200 200
GET  /terms/1/                                                200 200 200 200 200 200 200
GET  /terms/1/changes/                                        404 404 404 404 404 404 404
GET  /terms/agree/                                            in 200 200 200 200 200 200
POST /terms/agree/                                            in go go go go go go
GET  /charter/rules/                                          200 200 200 200 200 200 200
GET  /charter/rules.json                                      200 200 200 200 200 200 200
GET  /charter/rules.csv                                       200 200 200 200 200 200 200
GET  /charter/rules/cap/                                      200 200 200 200 200 200 200
GET  /me/decisions/                                           in 200 200 200 200 200 200
GET  /me/decisions/restriction/{restriction}/                 in 404 404 200 404 404 404
POST /me/decisions/restriction/{restriction}/                 in 404 404 400 404 404 404
GET  /console/complaints/                                     404 404 404 404 404 200 404
GET  /console/complaints/{complaint}/                         404 404 404 404 404 200 404
POST /console/complaints/{complaint}/                         404 404 404 404 404 400 404
GET  /ways/                                                   200 200 200 200 200 200 200
GET  /privacy/                                                200 200 200 200 200 200 200
GET  /gallery/                                                200 200 200 200 200 200 200
GET  /gallery/widgets/                                        200 200 200 200 200 200 200
GET  /demo/mail/                                              200 200 200 200 200 200 200
GET  /manifest.webmanifest                                    200 200 200 200 200 200 200
GET  /service-worker.js                                       200 200 200 200 200 200 200
GET  /offline/                                                200 200 200 200 200 200 200
GET  /report/                                                 200 200 200 200 200 200 200
POST /report/                                                 400 400 400 400 400 400 400
GET  /reports/{report}/                                       404 200 200 200 404 404 404
POST /reports/{report}/complaint/                             404 400 400 400 404 404 404
POST /reports/{report}/change/                                404 400 403 404 404 404 404
GET  /requesters/{organisation}/                              in 200 200 200 200 200 200
GET  /ratings/                                                in 200 200 new new new new
GET  /ratings/{rating}/answer/                                in 200 403 new new new new
POST /ratings/{rating}/answer/                                in 400 403 new new new new
GET  /ratings/{rating}/object/                                in 200 200 200 200 200 200
POST /ratings/{rating}/object/                                in 400 400 400 400 400 400
GET  /messages/                                               in 200 200 new new new new
GET  /messages/{live}/{wrk}/                                  in 200 200 new new new new
POST /messages/{live}/{wrk}/                                  in 400 403 new new new new
GET  /messages/{live}/{wrk}/report/                           in 200 403 new new new new
POST /messages/{live}/{wrk}/report/                           in 400 403 new new new new
GET  /messages/{live}/{wrk}/publish/                          in 200 403 new new new new
POST /messages/{live}/{wrk}/publish/                          in 400 403 new new new new
POST /messages/{live}/questions/{bqn}/out/                    in go 403 new new new new
GET  /objections/{objection}/                                 in 404 404 200 404 404 404
POST /objections/{objection}/                                 in 404 404 403 404 404 404
POST /i18n/setlang/                                           go go go go go go go
# work centres
GET  /centres/                                                200 200 200 200 200 200 200
GET  /centres/new/                                            in 200 200 200 200 200 200
POST /centres/new/                                            in 400 400 400 400 400 400
GET  /centres/join/{centre_link}/                             200 200 200 200 200 200 200
POST /centres/join/{centre_link}/                             200 400 400 400 400 400 400
GET  /centres/{centre}/                                       200 200 200 200 200 200 200
GET  /centres/{centre}/people/                                in 200 404 404 404 404 404
POST /centres/{centre}/people/                                in 400 404 404 404 404 404
GET  /centres/{centre}/equipment/                             in 200 404 404 404 404 404
POST /centres/{centre}/equipment/                             in 400 404 404 404 404 404
GET  /centres/{centre}/settings/                              in 200 404 404 404 404 404
POST /centres/{centre}/settings/                              in 400 404 404 404 404 404
GET  /centres/{centre}/paths/                                 in 200 404 404 404 404 404
POST /centres/{centre}/paths/                                 in 400 404 404 404 404 404
GET  /centres/{centre}/paths/{centre_path}/                   in 200 404 404 404 404 404
POST /centres/{centre}/paths/{centre_path}/                   in 400 404 404 404 404 404
GET  /work/centres/                                           in 200 200 200 200 200 200
GET  /work/centres/{centre}/                                  in profile profile 200 profile profile profile
POST /work/centres/{centre}/                                  in profile profile 400 profile profile profile
GET  /work/centres/{centre}/hours/                            in profile profile 200 profile profile profile
POST /work/centres/{centre}/hours/                            in profile profile 409 profile profile profile
GET  /work/paths/                                             in profile profile 200 profile profile profile
GET  /work/paths/{centre_path}/                               in profile profile 200 profile profile profile
GET  /console/centres/                                        404 404 404 404 404 200 404
GET  /console/centres/{asked_centre}/                         404 404 404 404 404 200 404
POST /console/centres/{asked_centre}/                         404 404 404 404 404 400 404
GET  /console/paths/                                          404 404 404 404 404 200 404
POST /console/paths/                                          404 404 404 404 404 400 404
GET  /console/paths/{general_path}/                           404 404 404 404 404 200 404
POST /console/paths/{general_path}/                           404 404 404 404 404 400 404
# people
GET  /start/                                                  in 200 200 200 200 200 200
POST /start/                                                  in 400 400 400 400 400 400
GET  /me/                                                     in 200 200 200 200 200 200
POST /me/                                                     in 400 400 400 400 400 400
GET  /me/mail/                                                in 200 200 200 200 200 200
POST /me/mail/                                                in 400 400 400 400 400 400
GET  /me/data/                                                in 200 200 200 200 200 200
POST /me/data/export/                                         in go go go go go go
GET  /me/data/export/{export}/                                in 404 404 200 404 404 404
GET  /me/data/erase/                                          in 200 200 200 200 200 200
POST /me/data/erase/                                          in 400 400 400 400 400 400
POST /me/data/keep/                                           in go go go go go go
GET  /data/verify/                                            200 200 200 200 200 200 200
POST /data/verify/                                            400 400 400 400 400 400 400
GET  /me/notices/                                             in 200 200 200 200 200 200
POST /me/notices/read/                                        in go go go go go go
POST /me/notices/{notice}/                                    in 404 404 go 404 404 404
GET  /invitations/{invited}/                                  200 200 200 200 200 200 200
GET  /join/{link}/                                            200 200 200 200 200 200 200
POST /join/{link}/                                            in profile profile go profile profile profile
POST /invitations/{invited}/                                  200 403 403 403 go 403 403
# requesters
GET  /batches/                                                in 200 200 new new new new
GET  /batches/new/                                            in 200 403 new new new new
POST /batches/new/                                            in 400 403 new new new new
GET  /batches/new/import/                                     in 200 403 new new new new
POST /batches/new/import/                                     in 400 403 new new new new
GET  /batches/templates/                                      in 200 200 new new new new
POST /batches/templates/{template}/start/                     in go 403 404 404 404 404
POST /batches/templates/{template}/rename/                    in 400 403 404 404 404 404
POST /batches/templates/{template}/delete/                    in go 403 404 404 404 404
GET  /batches/templates/{template}/form.json                  in 200 200 404 404 404 404
POST /batches/{draft}/template/                               in 400 403 404 404 404 404
GET  /batches/{draft}/form.json                               in 200 200 404 404 404 404
GET  /batches/new/own/                                        in 200 403 new new new new
GET  /batches/{live}/                                         in 200 200 404 404 404 404
GET  /batches/{draft}/what/                                   in 200 200 404 404 404 404
POST /batches/{draft}/what/                                   in 400 403 404 404 404 404
GET  /batches/{draft}/preview/                                in 200 200 404 404 404 404
GET  /batches/{draft}/data/                                   in 200 200 404 404 404 404
POST /batches/{draft}/data/                                   in 400 403 404 404 404 404
GET  /batches/{draft}/data/example.csv                        in 200 200 404 404 404 404
GET  /batches/{draft}/media/                                  in 200 200 404 404 404 404
POST /batches/{draft}/media/                                  in 400 403 404 404 404 404
POST /batches/{draft}/media/send/                             in 400 403 404 404 404 404
POST /batches/{draft}/media/again/                            in go 403 404 404 404 404
POST /batches/{draft}/media/leave-out/                        in go 403 404 404 404 404
GET  /batches/{draft}/media/failed.csv                        in 200 200 404 404 404 404
GET  /batches/{draft}/price/                                  in 200 200 404 404 404 404
POST /batches/{draft}/price/                                  in 400 403 404 404 404 404
GET  /batches/{draft}/distress/                               in 200 200 404 404 404 404
POST /batches/{draft}/distress/                               in 400 403 404 404 404 404
GET  /batches/{draft}/conditions/                             in 200 200 404 404 404 404
POST /batches/{draft}/conditions/                             in go 403 404 404 404 404
GET  /batches/{test_draft}/test/                              in 200 200 404 404 404 404
POST /batches/{test_draft}/test/                              in 400 403 404 404 404 404
GET  /qualifications/                                         in 200 200 new new new new
GET  /qualifications/new/                                     in 200 403 new new new new
POST /qualifications/new/                                     in 400 403 new new new new
GET  /qualifications/{given}/                                 in 200 200 404 404 404 404
POST /qualifications/{given}/change/                          in 400 403 404 404 404 404
POST /qualifications/{given}/retire/                          in 409 403 404 404 404 404
POST /qualifications/{given}/grant/                           in 400 403 404 404 404 404
GET  /qualifications/{given}/revoke/{award}/                  in 200 403 404 404 404 404
POST /qualifications/{given}/revoke/{award}/                  in 400 403 404 404 404 404
GET  /qualifications/{given}/test/                            in 200 403 404 404 404 404
POST /qualifications/{given}/test/                            in 400 403 404 404 404 404
GET  /batches/{draft}/audience/                               in 200 200 404 404 404 404
POST /batches/{draft}/audience/                               in 400 403 404 404 404 404
GET  /batches/{crowd}/audience/                               in 200 200 404 404 404 404
GET  /batches/{live}/chains/                                  in 200 200 404 404 404 404
GET  /batches/{live}/chains/new/                              in 400 403 404 404 404 404
POST /batches/{live}/chains/new/                              in 400 403 404 404 404 404
POST /batches/{live}/chains/{chain}/fund/                     in go 403 404 404 404 404
POST /batches/{live}/chains/{chain}/stop/                     in go 403 404 404 404 404
GET  /batches/{checked}/gold/                                 in 200 200 404 404 404 404
GET  /batches/{draft}/gold/new/                               in 200 200 404 404 404 404
POST /batches/{draft}/gold/new/                               in 400 403 404 404 404 404
POST /batches/{draft}/gold/upload/                            in 400 403 404 404 404 404
GET  /batches/{draft}/gold/example.csv                        in 200 200 404 404 404 404
POST /batches/{checked}/gold/fund/                            in go 403 404 404 404 404
GET  /batches/{checked}/gold/{question}/                      in 200 200 404 404 404 404
POST /batches/{checked}/gold/{question}/                      in 400 403 404 404 404 404
POST /batches/{checked}/gold/{question}/take-back/            in go 403 404 404 404 404
POST /batches/{checked}/gold/{question}/restore/              in go 403 404 404 404 404
POST /batches/{checked}/gold/{question}/contests/{check}/     in 400 403 404 404 404 404
GET  /batches/{draft}/review/                                 in 200 200 404 404 404 404
POST /batches/{draft}/publish/                                in 409 403 404 404 404 404
POST /batches/{draft}/discard/                                in go 403 404 404 404 404
POST /batches/{draft}/duplicate/                              in go 403 404 404 404 404
POST /batches/{live}/pause/                                   in go 403 404 404 404 404
POST /batches/{live}/resume/                                  in 409 403 404 404 404 404
POST /batches/{live}/close/                                   in go 403 404 404 404 404
POST /batches/{live}/raise/                                   in 400 403 404 404 404 404
GET  /batches/{live}/bonuses/                                 in 200 200 404 404 404 404
POST /batches/{live}/bonuses/                                 in 400 403 404 404 404 404
GET  /batches/{live}/submissions/                             in 200 200 404 404 404 404
POST /batches/{live}/submissions/approve/                     in go 403 404 404 404 404
GET  /batches/{live}/submissions/{answer}/                    in 200 200 404 404 404 404
GET  /batches/{live}/submissions/{rejected}/                  in 404 404 404 404 404 404
POST /batches/{live}/submissions/{answer}/contest/            in 400 403 404 404 404 404
POST /batches/{live}/submissions/{contested}/withdraw/        in go 403 404 404 404 404
POST /batches/{live}/submissions/{contested}/hand-over/       in 409 403 404 404 404 404
GET  /batches/{live}/quality/                                 in 200 200 404 404 404 404
GET  /batches/{live}/results/                                 in 200 200 404 404 404 404
GET  /batches/{live}/results/download/                        in 200 200 404 404 404 404
GET  /batches/{live}/results/card/                            in 200 200 404 404 404 404
GET  /imports/{import}/                                       in 200 200 404 404 404 404
GET  /imports/{import}/bad-rows.csv                           in 200 200 404 404 404 404
POST /imports/{import}/mapping/                               in 400 403 404 404 404 404
POST /imports/{import}/go-on/                                 in go 403 404 404 404 404
POST /imports/{import}/cancel/                                in go 403 404 404 404 404
POST /imports/{import}/fund/                                  in 409 403 404 404 404 404
GET  /funds/billing/                                          in 200 403 new new new new
POST /funds/billing/                                          in 400 403 new new new new
GET  /funds/invoices/                                         in 200 403 new new new new
GET  /funds/invoices/{invoice}/                               in 200 403 new new new new
GET  /funds/invoices/{invoice}/pdf/                           in 200 403 new new new new
GET  /funds/invoices/{invoice}/csv/                           in 200 403 new new new new
GET  /funds/limits/                                           in 200 200 new new new new
POST /funds/limits/                                           in go 403 new new new new
GET  /funds/                                                  in 200 200 new new new new
POST /funds/deposit/                                          in 400 403 new new new new
POST /funds/repay/                                            in go 403 new new new new
POST /funds/deposit/{deposit}/go/                             in go 403 new new new new
GET  /funds/back/                                             in 200 403 new new new new
POST /funds/back/                                             in 400 403 new new new new
GET  /funds/top-ups/                                          in 200 403 new new new new
POST /funds/top-ups/                                          in 400 403 new new new new
POST /funds/top-ups/off/                                      in go 403 new new new new
GET  /simulated/pay/{deposit}/                                in 200 403 new new new new
POST /simulated/pay/{deposit}/                                in 400 403 new new new new
GET  /team/                                                   in 200 200 new new new new
POST /team/invite/                                            in 400 403 new new new new
POST /team/invitations/revoke/                                in 404 403 new new new new
POST /team/role/                                              in 404 403 new new new new
POST /team/remove/                                            in 404 404 new new new new
GET  /keys/                                                   in 200 200 new new new new
POST /keys/{key}/revoke/                                      in go 404 404 404 404 404
GET  /organisations/new/                                      in 200 200 200 200 200 200
GET  /organisations/settings/                                 in 200 200 new new new new
POST /organisations/settings/                                 in 400 403 new new new new
POST /organisations/{organisation}/switch/                    in go go 404 404 404 404
# workers
GET  /work/                                                   in profile profile 200 profile profile profile
GET  /work/batches/{live}/                                    in profile profile 200 profile profile profile
GET  /work/batches/{draft}/                                   in profile profile 404 profile profile profile
POST /work/batches/{live}/claim/                              in profile profile go profile profile profile
GET  /work/batches/{crowd}/                                   in profile profile 404 profile profile profile
GET  /work/batches/{crowd}/done/                              in profile profile 404 profile profile profile
POST /work/batches/{crowd}/claim/                             in profile profile 404 profile profile profile
POST /work/batches/{crowd}/accept/                            in profile profile 404 profile profile profile
POST /work/batches/{crowd}/decline/                           in profile profile 404 profile profile profile
GET  /work/batches/{live}/done/                               in profile profile 200 profile profile profile
GET  /work/assignments/{task}/                                in profile profile 200 profile profile profile
POST /work/assignments/{task}/                                in profile profile 400 profile profile profile
POST /work/assignments/{task}/release/                        in profile profile go profile profile profile
POST /work/assignments/{task}/leave/                          in profile profile 409 profile profile profile
GET  /work/distress/                                          in profile profile 200 profile profile profile
POST /work/distress/                                          in profile profile go profile profile profile
POST /work/assignments/{task}/again/                          in profile profile go profile profile profile
POST /work/assignments/{task}/draft/                          in profile profile 204 profile profile profile
GET  /work/assignments/{task}/back/                           in profile profile go profile profile profile
POST /work/assignments/{task}/renew/                          in profile profile 200 profile profile profile
POST /work/assignments/{task}/files/                          in profile profile 400 profile profile profile
GET  /media/answers/{file}/                                   in 200 200 200 404 404 404
POST /work/assignments/{task}/pause/                          in profile profile 204 profile profile profile
GET  /media/{live}/00000000000000000000000000000000/full/     404 404 404 404 404 404 404
GET  /work/accuracy/                                          in profile profile 200 profile profile profile
GET  /work/qualifications/                                    in profile profile 200 profile profile profile
GET  /work/qualifications/{award}/                            in profile profile 200 profile profile profile
POST /work/qualifications/{lost}/contest/                     in profile profile 409 profile profile profile
GET  /work/qualifications/tests/{test}/                       in profile profile 200 profile profile profile
GET  /work/qualifications/tests/{draft}/                      in profile profile 404 profile profile profile
POST /work/qualifications/tests/{test}/begin/                 in profile profile go profile profile profile
GET  /work/qualifications/attempts/{attempt}/                 in profile profile 200 profile profile profile
GET  /work/checks/                                            in profile profile 200 profile profile profile
GET  /work/checks/{check}/                                    in profile profile 200 profile profile profile
POST /work/checks/{check}/                                    in profile profile 400 profile profile profile
POST /work/pauses/{pause}/ask/                                in profile profile 400 profile profile profile
GET  /work/ratings/                                           in profile profile 200 profile profile profile
GET  /work/ratings/{organisation}/                            in profile profile 200 profile profile profile
POST /work/ratings/{organisation}/                            in profile profile 400 profile profile profile
POST /work/ratings/{own_rating}/take-back/                    in profile profile go profile profile profile
GET  /work/messages/                                          in profile profile 200 profile profile profile
GET  /work/messages/{live}/                                   in profile profile 200 profile profile profile
POST /work/messages/{live}/                                   in profile profile 400 profile profile profile
GET  /work/messages/{live}/report/                            in profile profile 200 profile profile profile
POST /work/messages/{live}/report/                            in profile profile 400 profile profile profile
GET  /work/history/                                           in profile profile 200 profile profile profile
GET  /work/history/{answer}/                                  in profile profile 200 profile profile profile
POST /work/history/{contested}/redo/                          in profile profile 400 profile profile profile
POST /work/history/{contested}/reply/                         in profile profile 400 profile profile profile
POST /work/history/{rejected}/appeal/                         in profile profile 400 profile profile profile
GET  /work/earnings/                                          in profile profile 200 profile profile profile
GET  /work/help/                                              in profile profile 200 profile profile profile
POST /work/help/                                              in profile profile 400 profile profile profile
POST /work/help/{grant}/withdraw/                             in profile profile go profile profile profile
GET  /work/earnings/2026/                                     in profile profile 200 profile profile profile
GET  /work/payouts/{payout}/                                  in profile profile 200 profile profile profile
GET  /work/payouts/{payout}/statement.csv                     in profile profile 404 profile profile profile
GET  /work/statements/2026.csv                                in profile profile 200 profile profile profile
POST /work/earnings/payout/                                   in profile profile 409 profile profile profile
GET  /work/profile/                                           in 200 200 200 200 200 200
GET  /work/payee/                                             in profile profile 200 profile profile profile
GET  /work/account/                                           in profile profile 200 profile profile profile
POST /work/account/start/                                     in profile profile 409 profile profile profile
GET  /work/certificates/                                      in profile profile 200 profile profile profile
POST /work/certificates/{certifiable}/issue/                  in profile profile 400 profile profile profile
POST /work/certificates/{certificate}/withdraw/               in profile profile go profile profile profile
GET  /work/rights/                                            in profile profile 200 profile profile profile
# moderators and administrators
GET  /console/                                                404 404 404 404 404 200 200
POST /console/next/                                           404 404 404 404 404 go go
POST /console/cases/{dispute}/take/                           404 404 404 404 404 go 404
GET  /console/opinions/                                       404 404 404 404 404 200 404
POST /console/opinions/{opinion}/                             404 404 404 404 404 403 404
GET  /console/looks/                                          404 404 404 404 404 404 200
GET  /console/disputes/                                       404 404 404 404 404 200 404
GET  /console/disputes/{dispute}/                             404 404 404 404 404 200 404
POST /console/disputes/{dispute}/                             404 404 404 404 404 400 404
GET  /console/pauses/                                         404 404 404 404 404 200 404
GET  /console/pauses/{pause}/                                 404 404 404 404 404 200 404
POST /console/pauses/{pause}/                                 404 404 404 404 404 400 404
GET  /console/signals/                                        404 404 404 404 404 200 404
GET  /console/signals/{signal}/                               404 404 404 404 404 200 404
POST /console/signals/{signal}/seen/                          404 404 404 404 404 go 404
GET  /console/screening/                                      404 404 404 404 404 200 404
GET  /console/objections/                                     404 404 404 404 404 200 404
GET  /console/objections/{objection}/                         404 404 404 404 404 200 404
POST /console/objections/{objection}/                         404 404 404 404 404 400 404
GET  /console/reports/                                        404 404 404 404 404 200 404
GET  /console/reports/{report}/                               404 404 404 404 404 200 404
POST /console/reports/{report}/                               404 404 404 404 404 400 404
GET  /console/screening/rows/{queued_rows}/                   404 404 404 404 404 200 404
POST /console/screening/rows/{queued_rows}/                   404 404 404 404 404 400 404
GET  /console/screening/{queued}/                             404 404 404 404 404 200 404
POST /console/screening/{queued}/                             404 404 404 404 404 400 404
GET  /console/holds/                                          404 404 404 404 404 200 404
GET  /console/holds/{payout}/                                 404 404 404 404 404 200 404
POST /console/holds/{payout}/                                 404 404 404 404 404 400 404
GET  /console/people/                                         404 404 404 404 404 200 404
POST /console/people/                                         404 404 404 404 404 400 404
GET  /console/people/{person}/                                404 404 404 404 404 200 404
POST /console/people/{person}/restrict/                       404 404 404 404 404 400 404
POST /console/people/{person}/lift/                           404 404 404 404 404 404 404
GET  /console/qualifications/                                 404 404 404 404 404 200 200
POST /console/qualifications/                                 404 404 404 404 404 400 400
GET  /console/qualifications/{general}/                       404 404 404 404 404 200 200
GET  /console/qualifications/{given}/                         404 404 404 404 404 404 404
POST /console/qualifications/{general}/                       404 404 404 404 404 400 400
POST /console/qualifications/awards/{general_award}/revoke/   404 404 404 404 404 400 400
GET  /console/qualifications/contests/                        404 404 404 404 404 200 404
GET  /console/qualifications/contests/{lost}/                 404 404 404 404 404 200 404
POST /console/qualifications/contests/{lost}/                 404 404 404 404 404 400 404
GET  /console/outages/                                        404 404 404 404 404 404 200
POST /console/outages/                                        404 404 404 404 404 404 400
GET  /console/billing/                                        404 404 404 404 404 404 200
POST /console/billing/issue/                                  404 404 404 404 404 404 404
GET  /console/billing/numbers/{vat_check}/                    404 404 404 404 404 404 200
GET  /console/billing/documents/{invoice}/                    404 404 404 404 404 404 200
GET  /console/billing/documents/{invoice}/pdf/                404 404 404 404 404 404 200
GET  /console/billing/vat-2026.csv                            404 404 404 404 404 404 200
GET  /console/billing/recapitulative-2026-11.csv              404 404 404 404 404 404 200
GET  /console/switches/                                       404 404 404 404 404 404 200
GET  /console/grants/                                         404 404 404 404 404 200 200
GET  /console/grants/{grant}/                                 404 404 404 404 404 200 200
POST /console/grants/{grant}/                                 404 404 404 404 404 400 400
GET  /console/tax/                                            404 404 404 404 404 404 200
GET  /console/tax/2026/figures.csv                            404 404 404 404 404 404 200
POST /console/tax/2026/declaration.xml                        404 404 404 404 404 404 409
POST /console/switches/                                       404 404 404 404 404 404 400
GET  /console/books/                                          404 404 404 404 404 404 200
GET  /console/books/differences/                              404 404 404 404 404 404 200
POST /console/books/differences/look/                         404 404 404 404 404 404 go
GET  /console/books/differences/{difference}/                 404 404 404 404 404 404 200
POST /console/books/differences/{difference}/                 404 404 404 404 404 404 400
GET  /console/books/years/2001/fec/                           404 404 404 404 404 404 404
GET  /console/books/{month}/                                  404 404 404 404 404 404 200
GET  /console/books/{month}/journal.csv                       404 404 404 404 404 404 200
POST /console/books/{month}/close/                            404 404 404 404 404 404 409
GET  /console/books/{month}/kinds/suspense/                   404 404 404 404 404 404 200
GET  /console/books/{month}/accounts/{account}/               404 404 404 404 404 404 200
GET  /console/bank/                                           404 404 404 404 404 200 200
POST /console/bank/                                           404 404 404 404 404 400 400
GET  /console/bank/lines/                                     404 404 404 404 404 200 200
GET  /console/bank/lines/{bank_line}/                         404 404 404 404 404 200 200
POST /console/bank/lines/{bank_line}/                         404 404 404 404 404 400 400
GET  /console/runs/                                           404 404 404 404 404 200 200
POST /console/runs/                                           404 404 404 404 404 go go
GET  /console/runs/{run}/                                     404 404 404 404 404 200 200
POST /console/runs/{run}/                                     404 404 404 404 404 400 400
POST /console/runs/{run}/file/                                404 404 404 404 404 go go
POST /console/runs/{run}/names/                               404 404 404 404 404 404 404
POST /console/revive/                                         404 404 404 404 404 404 go
# REST
GET  /api/v1/                                                 404 404 404 404 404 404 404
GET  /api/v1/schema/                                          200 200 200 200 200 200 200
GET  /api/v1/docs/                                            200 200 200 200 200 200 200
GET  /api/v1/kinds/                                           401 200 200 200 200 200 200
GET  /api/v1/batches/                                         401 200 200 404 404 404 404
POST /api/v1/batches/                                         401 400 403 404 404 404 404
GET  /api/v1/batches/{live}/                                  401 200 200 404 404 404 404
POST /api/v1/batches/{live}/                                  401 409 403 404 404 404 404
POST /api/v1/batches/{draft}/rows/                            401 415 403 404 404 404 404
POST /api/v1/batches/{draft}/publish/                         401 409 403 404 404 404 404
GET  /api/v1/templates/                                       401 200 200 404 404 404 404
POST /api/v1/batches/{draft}/guests/                          401 400 403 404 404 404 404
POST /api/v1/batches/{crowd}/link/                            401 201 403 404 404 404 404
POST /api/v1/batches/{live}/pause/                            401 200 403 404 404 404 404
POST /api/v1/batches/{live}/resume/                           401 409 403 404 404 404 404
POST /api/v1/batches/{live}/close/                            401 200 403 404 404 404 404
POST /api/v1/batches/{live}/raise/                            401 400 403 404 404 404 404
GET  /api/v1/batches/{live}/submissions/                      401 200 200 404 404 404 404
POST /api/v1/batches/{live}/bonuses/                          401 400 403 404 404 404 404
POST /api/v1/batches/{live}/approve/                          401 400 403 404 404 404 404
GET  /api/v1/batches/{live}/results/?format=csv               401 200 200 404 404 404 404
GET  /api/v1/batches/{live}/answers/?format=csv               401 200 200 404 404 404 404
GET  /api/v1/batches/{live}/chains/                           401 200 200 404 404 404 404
POST /api/v1/batches/{live}/chains/                           401 400 403 404 404 404 404
POST /api/v1/batches/{live}/chains/{chain}/fund/              401 200 403 404 404 404 404
POST /api/v1/batches/{live}/chains/{chain}/stop/              401 200 403 404 404 404 404
GET  /api/v1/batches/{checked}/gold/                          401 200 200 404 404 404 404
POST /api/v1/batches/{checked}/gold/                          401 400 403 404 404 404 404
POST /api/v1/batches/{checked}/gold/fund/                     401 409 403 404 404 404 404
GET  /api/v1/batches/{checked}/gold/contests/                 401 200 200 404 404 404 404
POST /api/v1/batches/{checked}/gold/contests/{check}/decide/  401 400 403 404 404 404 404
GET  /api/v1/batches/{checked}/gold/{question}/               401 200 200 404 404 404 404
POST /api/v1/batches/{checked}/gold/{question}/               401 200 403 404 404 404 404
GET  /api/v1/imports/{import}/                                401 200 200 404 404 404 404
POST /api/v1/imports/{import}/decide/                         401 400 403 404 404 404 404
POST /api/v1/imports/{import}/fund/                           401 409 403 404 404 404 404
GET  /api/v1/submissions/{answer}/                            401 200 200 404 404 404 404
GET  /api/v1/submissions/{rejected}/                          401 404 404 404 404 404 404
POST /api/v1/submissions/{answer}/approve/                    401 200 403 404 404 404 404
POST /api/v1/submissions/{answer}/contest/                    401 400 403 404 404 404 404
POST /api/v1/submissions/{contested}/withdraw/                401 200 403 404 404 404 404
POST /api/v1/submissions/{contested}/hand-over/               401 409 403 404 404 404 404
GET  /api/v1/funds/                                           401 200 403 404 404 404 404
POST /api/v1/deposits/                                        401 400 403 404 404 404 404
GET  /api/v1/deposits/{deposit}/                              401 200 403 404 404 404 404
GET  /api/v1/invoices/                                        401 200 403 404 404 404 404
GET  /api/v1/qualifications/                                  401 200 200 404 404 404 404
POST /api/v1/qualifications/                                  401 400 403 404 404 404 404
GET  /api/v1/qualifications/{given}/                          401 200 200 404 404 404 404
POST /api/v1/qualifications/{given}/                          401 400 403 404 404 404 404
POST /api/v1/qualifications/{given}/retire/                   401 409 403 404 404 404 404
POST /api/v1/qualifications/{given}/tests/                    401 400 403 404 404 404 404
GET  /api/v1/qualifications/{given}/holders/                  401 200 200 404 404 404 404
POST /api/v1/qualifications/{given}/grant/                    401 400 403 404 404 404 404
POST /api/v1/qualifications/{given}/revoke/                   401 400 403 404 404 404 404
GET  /api/v1/work/qualifications/                             401 200 200 200 200 200 200
POST /api/v1/work/tests/{test}/begin/                         401 409 409 409 409 409 409
GET  /api/v1/work/attempts/{attempt}/                         401 404 404 200 404 404 404
GET  /api/v1/work/                                            401 200 200 200 200 200 200
POST /api/v1/work/claims/                                     401 400 400 400 400 400 400
GET  /api/v1/work/earnings/                                   401 200 200 200 200 200 200
GET  /api/v1/work/assignments/{task}/                         401 404 404 200 404 404 404
POST /api/v1/work/assignments/{task}/submit/                  401 404 404 400 404 404 404
POST /api/v1/work/assignments/{task}/release/                 401 404 404 200 404 404 404
POST /api/v1/work/assignments/{contested}/redo/               401 404 404 400 404 404 404
POST /api/v1/work/assignments/{contested}/reply/              401 404 404 400 404 404 404
POST /api/v1/work/assignments/{rejected}/appeal/              401 404 404 400 404 404 404
GET  /api/v1/work/checks/                                     401 200 200 200 200 200 200
POST /api/v1/work/checks/{check}/contest/                     401 404 404 400 404 404 404
GET  /api/v1/work/pauses/                                     401 200 200 200 200 200 200
POST /api/v1/work/pauses/{pause}/ask/                         401 404 404 400 404 404 404
GET  /api/v1/pauses/                                          401 404 404 404 404 200 404
POST /api/v1/pauses/{pause}/decide/                           401 404 404 404 404 400 404
GET  /api/v1/disputes/                                        401 404 404 404 404 200 404
GET  /api/v1/disputes/{dispute}/                              401 404 404 404 404 200 404
POST /api/v1/disputes/{dispute}/decide/                       401 404 404 404 404 400 404
"""
ROWS = [line.split() for line in MATRIX.strip().splitlines() if line.strip() and not line.startswith("#")]
PLACES = {"/accounts/login/": "in", "/organisations/new/": "new", "/work/profile/": "profile"}


@pytest.fixture
def world(alice, atelier, vera, bob, charlie, dana, erin, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    return access_world.build(alice, atelier, bob, dana, charlie)


def routes():
    """Every address of the resolver, as its pattern."""

    def walk(resolver, prefix=""):
        for entry in resolver.url_patterns:
            path = prefix + str(entry.pattern).removeprefix("^")
            if isinstance(entry, URLPattern):
                yield path
            else:
                yield from walk(entry, path)

    return set(walk(get_resolver()))


browser = Client()  # one for all: each new one would load the middleware again


def ask(cookies, method, path):
    """The answer to one request, whose effects are taken back: every row meets the same market."""
    mark = transaction.savepoint()
    browser.cookies = SimpleCookie(cookies)
    try:
        if method == "GET":
            return browser.get(path)
        return browser.post(
            path, {}, content_type="application/json" if path.startswith("/api/") else MULTIPART_CONTENT
        )
    finally:
        transaction.savepoint_rollback(mark)


def sessions(people):
    """The cookies of each person's browser; a visitor has none."""
    return {
        name: {key: row.value for key, row in log_in(person).cookies.items()}
        for name, person in people.items()
    }


def said(answer):
    """What a persona got, in a word of the table."""
    if answer.status_code not in (301, 302):
        return str(answer.status_code)
    return PLACES.get(urlsplit(answer.headers["Location"]).path, "go")


def test_every_address_has_a_row():
    placeholder = re.compile(r"\{\w+\}")
    listed = {
        resolve(placeholder.sub("2-x-y", path.partition("?")[0])).route for _method, path, *_rest in ROWS
    }
    assert routes() - listed == set()
    assert all(len(row) == 2 + len(PERSONAS) for row in ROWS)


@pytest.mark.django_db
def test_each_persona_gets_what_the_matrix_says(world, alice, vera, bob, charlie, dana, erin):
    people = {"alice": alice, "vera": vera, "bob": bob, "charlie": charlie, "dana": dana, "erin": erin}
    browsers = {"visitor": {}, **sessions(people)}
    wrong = []
    for method, path, *expected in ROWS:
        got = [said(ask(browsers[name], method, path.format_map(world))) for name in PERSONAS]
        if got != expected:
            wrong.append(f"{method} {path} {' '.join(got)}   (the matrix says {' '.join(expected)})")
    assert not wrong, "\n" + "\n".join(wrong)


def plain(page):
    """A page without what differs from one request to the next."""
    page = re.sub(r'(nonce|value|X-CSRFToken)(=|": )"[^"]*"', "", page)
    return re.sub(r"[a-z]{3}_[0-9a-z]{13}|[0-9a-f]{64}", "id", page)


def nowhere(path, world):
    """The same address with ids that are well made and belong to nothing."""
    from marketplace.base import ids

    def other(found):
        value = world[found[1]]
        return (
            ids.encode(value.partition("_")[0], 10**12)
            if re.fullmatch(r"[a-z]{3,4}_\w{13}", value)
            else "0" * 64
        )

    return re.sub(r"\{(\w+)\}", other, path)


# Addresses that are open to people who have no part in the thing: the work on offer, what is said of who asks and
# questions to them, public figures, pages of log-in, and invitations and mails, whose secret is in the address.
OPEN = re.compile(
    r"/(work/batches/\{(live|draft)|work/qualifications/tests/|api/v1/work/tests/|accounts|invitations|join|certificates"
    r"|centres/join|centres/\{centre\}/$|requesters/\{organisation|ratings/\{rating\}/object|work/ratings/\{organisation"
    r"|work/messages/\{live\}/$|transparency|mail/stop)"
)


@pytest.mark.django_db
def test_what_is_not_yours_looks_like_what_is_not_there(world):
    strangers = sessions(access_world.strangers())
    told = []
    for method, path, *_expected in ROWS:
        if "{" not in path or OPEN.match(path):
            continue
        for name, cookies in strangers.items():
            real = ask(cookies, method, path.format_map(world))
            fake = ask(cookies, method, nowhere(path, world))
            same = real.status_code == fake.status_code and plain(real.content.decode()) == plain(
                fake.content.decode()
            )
            if not same or real.status_code == 200:
                told.append(f"{name}: {method} {path} {real.status_code} against {fake.status_code}")
    assert not told, "\n" + "\n".join(told)
