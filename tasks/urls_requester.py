"""Pages of a requester: batches from the first idea to the results."""

from django.urls import path

from tasks.views import media
from tasks.views import (
    audience,
    batches,
    batches_live,
    beginning,
    drafting_data,
    drafting_price,
    drafting_what,
    media,
    results,
    review,
)

urlpatterns = [
    path("batches/", batches.index, name="batches"),
    path("batches/new/", beginning.new, name="batch-new"),
    path("batches/new/<str:key>/", beginning.kind, name="batch-kind"),
    path("batches/<str:public_id>/", batches_live.batch, name="batch"),
    path("batches/<str:public_id>/what/", drafting_what.what, name="batch-what"),
    path("batches/<str:public_id>/preview/", drafting_what.preview, name="batch-preview"),
    path("batches/<str:public_id>/data/", drafting_data.data, name="batch-data"),
    path("batches/<str:public_id>/data/example.csv", drafting_data.example, name="batch-example"),
    path("batches/<str:public_id>/media/", media.page, name="batch-media"),
    path("batches/<str:public_id>/media/send/", media.send, name="media-send"),
    path("batches/<str:public_id>/media/again/", media.again, name="media-again"),
    path("batches/<str:public_id>/media/leave-out/", media.leave_out, name="media-leave-out"),
    path("batches/<str:public_id>/media/failed.csv", media.failed, name="media-failed"),
    path("batches/<str:public_id>/price/", drafting_price.price, name="batch-price"),
    path("batches/<str:public_id>/audience/", audience.audience, name="batch-audience"),
    path("batches/<str:public_id>/review/", drafting_price.review, name="batch-review"),
    path("batches/<str:public_id>/publish/", drafting_price.publish, name="batch-publish"),
    path("batches/<str:public_id>/discard/", batches.discard, name="batch-discard"),
    path("batches/<str:public_id>/duplicate/", batches.duplicate, name="batch-duplicate"),
    path("batches/<str:public_id>/pause/", batches_live.pause, name="batch-pause"),
    path("batches/<str:public_id>/resume/", batches_live.resume, name="batch-resume"),
    path("batches/<str:public_id>/close/", batches_live.close, name="batch-close"),
    path("batches/<str:public_id>/raise/", batches_live.raise_price, name="batch-raise"),
    path("batches/<str:public_id>/submissions/", review.submissions, name="submissions"),
    path("batches/<str:public_id>/submissions/approve/", review.approve, name="submissions-approve"),
    path("batches/<str:public_id>/submissions/<str:assignment>/", review.submission, name="submission"),
    path(
        "batches/<str:public_id>/submissions/<str:assignment>/contest/",
        review.contest,
        name="submission-contest",
    ),
    path(
        "batches/<str:public_id>/submissions/<str:assignment>/withdraw/",
        review.withdraw,
        name="submission-withdraw",
    ),
    path(
        "batches/<str:public_id>/submissions/<str:assignment>/hand-over/",
        review.hand_over,
        name="submission-hand-over",
    ),
    path("batches/<str:public_id>/results/", results.results, name="results"),
    path("batches/<str:public_id>/results/download/", results.download, name="results-download"),
    path("imports/<str:public_id>/", drafting_data.import_, name="import"),
    path("imports/<str:public_id>/bad-rows.csv", drafting_data.bad_rows, name="import-bad-rows"),
    path("imports/<str:public_id>/mapping/", drafting_data.remap, name="import-remap"),
    path("imports/<str:public_id>/go-on/", drafting_data.go_on, name="import-go-on"),
    path("imports/<str:public_id>/cancel/", drafting_data.cancel, name="import-cancel"),
    path("imports/<str:public_id>/fund/", drafting_data.fund, name="import-fund"),
]
