"""Work centres: for everybody, for members, for those who run one; and training paths."""

from django.urls import path

from marketplace.web.views import centres, centres_run, training

urlpatterns = [
    path("centres/", centres.index, name="centres"),
    path("centres/new/", centres.new, name="centre-new"),
    path("centres/join/<str:token>/", centres.join, name="centre-join"),
    path("centres/<str:public_id>/", centres.centre, name="centre"),
    path("centres/<str:public_id>/people/", centres_run.people, name="centre-people"),
    path("centres/<str:public_id>/equipment/", centres_run.shared, name="centre-equipment"),
    path("centres/<str:public_id>/settings/", centres_run.settings_, name="centre-settings"),
    path("centres/<str:public_id>/paths/", training.written, name="centre-paths"),
    path("centres/<str:public_id>/paths/<str:path_id>/", training.change, name="centre-path"),
    path("work/centres/", centres.mine, name="my-centres"),
    path("work/centres/<str:public_id>/", centres.own, name="my-centre"),
    path("work/centres/<str:public_id>/hours/", centres.hours, name="centre-hours"),
    path("work/paths/", training.index, name="paths"),
    path("work/paths/<str:public_id>/", training.path, name="path"),
]
