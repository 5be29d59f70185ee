from django.urls import path

from payments.views import simulated

urlpatterns = [
    path("simulated/pay/<str:public_id>/", simulated.pay, name="simulated-pay"),
]
