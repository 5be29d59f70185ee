from django.urls import path

from payments import webhooks
from payments.views import simulated

urlpatterns = [
    path("webhooks/stripe/", webhooks.stripe, name="webhook-stripe"),
    path("webhooks/stripe/connect/", webhooks.stripe_connect, name="webhook-stripe-connect"),
    path("simulated/pay/<str:public_id>/", simulated.pay, name="simulated-pay"),
]
