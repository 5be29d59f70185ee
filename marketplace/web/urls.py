"""Public pages, account pages, and whatever spans the apps."""

from django.conf import settings
from django.urls import include, path

from .gallery import gallery
from .gallery_widgets import gallery_widgets
from .views import account, device, figures, help_fund, home, mails, notices, public

urlpatterns = [
    path("", home.home, name="home"),
    path("manifest.webmanifest", device.manifest, name="manifest"),
    path("service-worker.js", device.service_worker, name="service-worker"),
    path("offline/", device.offline, name="offline"),
    path("start/", home.start, name="start"),
    path("charter/", public.charter, name="charter"),
    path("help-fund/", help_fund.public, name="help-fund"),
    path("transparency/", figures.current, name="transparency"),
    path("transparency/all.<str:form>", figures.all_as_file, name="transparency-all"),
    path("transparency/<str:period>.<str:form>", figures.as_file, name="transparency-file"),
    path("transparency/<str:period>/", figures.half_year, name="transparency-period"),
    path("privacy/", public.privacy, name="privacy"),
    path("i18n/setlang/", account.set_language, name="set_language"),
    path("me/", account.me, name="me"),
    path("me/mail/", mails.chosen, name="mail-settings"),
    path("mail/stop/<str:token>/", mails.stop, name="mail-stop"),
    path("me/notices/", notices.index, name="notices"),
    path("me/notices/read/", notices.read_all, name="notices-read"),
    path("me/notices/<str:public_id>/", notices.open_, name="notice"),
    path("", include("marketplace.web.urls_decisions")),
    path("", include("marketplace.web.urls_requester")),
    path("", include("marketplace.web.urls_worker")),
    path("", include("marketplace.web.urls_certificates")),
    path("", include("marketplace.web.urls_reports")),
    path("", include("marketplace.web.urls_centres")),
    path("", include("marketplace.web.urls_voice")),
]
if not settings.PRODUCTION:
    urlpatterns += [
        path("gallery/", gallery, name="gallery"),
        path("gallery/widgets/", gallery_widgets, name="gallery-widgets"),
        path("demo/mail/", public.demo_mail, name="demo-mail"),
    ]
