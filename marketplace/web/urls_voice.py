"""Ratings of requesters, conversations about a task, and objections to either."""

from django.urls import path

from marketplace.web.views import messages, objections, ratings

urlpatterns = [
    path("work/ratings/", ratings.mine, name="my-ratings"),
    path("work/ratings/<str:public_id>/", ratings.write, name="my-rating"),
    path("work/ratings/<str:public_id>/take-back/", ratings.take_back, name="my-rating-back"),
    path("requesters/<str:public_id>/", ratings.requester, name="requester-ratings"),
    path("ratings/", ratings.own, name="ratings"),
    path("ratings/<str:public_id>/answer/", ratings.answer, name="rating-answer"),
    path("ratings/<str:public_id>/object/", ratings.object_to, name="rating-object"),
    path("work/messages/", messages.mine, name="my-messages"),
    path("work/messages/<str:public_id>/", messages.my_thread, name="my-thread"),
    path("work/messages/<str:public_id>/report/", messages.my_report, name="my-thread-report"),
    path("messages/", messages.index, name="messages"),
    path("messages/<str:public_id>/questions/<str:question>/out/", messages.withdraw, name="question-out"),
    path("messages/<str:public_id>/<str:worker>/", messages.thread, name="thread"),
    path("messages/<str:public_id>/<str:worker>/report/", messages.report, name="thread-report"),
    path("messages/<str:public_id>/<str:worker>/publish/", messages.publish, name="question-publish"),
    path("objections/<str:public_id>/", objections.objection, name="objection"),
]
