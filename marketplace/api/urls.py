"""REST v1, under /api/v1/ (DESIGN §8). Addresses end with a slash."""

from django.urls import path, re_path

from .views import batches, disputes, funds, imports, kinds, results, schema, submissions, work

app_name = "api"
urlpatterns = [
    path("kinds/", kinds.Kinds.as_view(), name="kinds"),
    path("batches/", batches.Batches.as_view(), name="batches"),
    path("batches/<str:batch>/", batches.OneBatch.as_view(), name="batch"),
    path("batches/<str:batch>/rows/", imports.Rows.as_view(), name="rows"),
    path("batches/<str:batch>/publish/", batches.Publish.as_view(), name="publish"),
    path("batches/<str:batch>/pause/", batches.Pause.as_view(), name="pause"),
    path("batches/<str:batch>/resume/", batches.Resume.as_view(), name="resume"),
    path("batches/<str:batch>/close/", batches.Close.as_view(), name="close"),
    path("batches/<str:batch>/raise/", batches.Raise.as_view(), name="raise"),
    path("batches/<str:batch>/submissions/", submissions.Submissions.as_view(), name="submissions"),
    path("batches/<str:batch>/approve/", submissions.ApproveMany.as_view(), name="approve-many"),
    path("batches/<str:batch>/results/", results.Results.as_view(), name="results"),
    path("batches/<str:batch>/answers/", results.Answers.as_view(), name="answers"),
    path("imports/<str:import_id>/", imports.OneImport.as_view(), name="import"),
    path("imports/<str:import_id>/decide/", imports.Decide.as_view(), name="import-decide"),
    path("imports/<str:import_id>/fund/", imports.Fund.as_view(), name="import-fund"),
    path("submissions/<str:submission>/", submissions.Submission.as_view(), name="submission"),
    path("submissions/<str:submission>/approve/", submissions.Approve.as_view(), name="approve"),
    path("submissions/<str:submission>/contest/", submissions.Contest.as_view(), name="contest"),
    path("submissions/<str:submission>/withdraw/", submissions.Withdraw.as_view(), name="withdraw"),
    path("submissions/<str:submission>/hand-over/", submissions.HandOver.as_view(), name="hand-over"),
    path("funds/", funds.Funds.as_view(), name="funds"),
    path("deposits/", funds.Deposits.as_view(), name="deposits"),
    path("deposits/<str:deposit>/", funds.Deposit.as_view(), name="deposit"),
    path("work/", work.Board.as_view(), name="work"),
    path("work/claims/", work.Claims.as_view(), name="claims"),
    path("work/earnings/", work.Earnings.as_view(), name="earnings"),
    path("work/assignments/<str:assignment>/", work.OneAssignment.as_view(), name="assignment"),
    path("work/assignments/<str:assignment>/submit/", work.Submit.as_view(), name="submit"),
    path("work/assignments/<str:assignment>/release/", work.Release.as_view(), name="release"),
    path("work/assignments/<str:assignment>/redo/", work.Redo.as_view(), name="redo"),
    path("work/assignments/<str:assignment>/reply/", work.Reply.as_view(), name="reply"),
    path("work/assignments/<str:assignment>/appeal/", work.Appeal.as_view(), name="appeal"),
    path("disputes/", disputes.Disputes.as_view(), name="disputes"),
    path("disputes/<str:dispute>/", disputes.OneDispute.as_view(), name="dispute"),
    path("disputes/<str:dispute>/decide/", disputes.Decide.as_view(), name="decide"),
    path("schema/", schema.schema, name="schema"),
    path("docs/", schema.docs, name="docs"),
    re_path(r"", schema.Nothing.as_view(), name="nothing"),
]
