"""Pages of people who work: the board, the workbench, their answers."""

from django.urls import path

from tasks.views import answer_files, audience, board, gold_worker, history, medium, workbench

urlpatterns = [
    path("work/", board.board, name="board"),
    path("work/batches/<str:public_id>/", board.batch, name="work-batch"),
    path("work/batches/<str:public_id>/accept/", audience.accept, name="work-accept"),
    path("work/batches/<str:public_id>/decline/", audience.decline, name="work-decline"),
    path("join/<str:token>/", audience.join, name="join"),
    path("work/batches/<str:public_id>/claim/", workbench.claim, name="claim"),
    path("work/batches/<str:public_id>/done/", board.done, name="work-done"),
    path("work/assignments/<str:public_id>/", workbench.workbench, name="workbench"),
    path("work/assignments/<str:public_id>/release/", workbench.release, name="release"),
    path("work/assignments/<str:public_id>/again/", workbench.again, name="claim-again"),
    path("work/assignments/<str:public_id>/draft/", workbench.draft, name="draft"),
    path("work/assignments/<str:public_id>/back/", workbench.back, name="back"),
    path("work/assignments/<str:public_id>/renew/", workbench.renew, name="renew"),
    path("work/assignments/<str:public_id>/pause/", workbench.pause, name="task-pause"),
    path("work/assignments/<str:public_id>/files/", answer_files.send, name="answer-file"),
    path("media/answers/<str:public_id>/", answer_files.show, name="answer-media"),
    path("media/<str:public_id>/<str:key>/<str:size>/", medium.medium, name="medium"),
    path("work/checks/", gold_worker.checks, name="my-checks"),
    path("work/checks/<str:public_id>/", gold_worker.check, name="my-check"),
    path("work/pauses/<str:public_id>/ask/", gold_worker.ask, name="pause-ask"),
    path("work/history/", history.history, name="history"),
    path("work/history/<str:public_id>/", history.submission, name="my-submission"),
    path("work/history/<str:public_id>/redo/", history.redo, name="my-redo"),
    path("work/history/<str:public_id>/reply/", history.reply, name="my-reply"),
    path("work/history/<str:public_id>/appeal/", history.appeal, name="my-appeal"),
]
