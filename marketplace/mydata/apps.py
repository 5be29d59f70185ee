from django.apps import AppConfig


class MydataConfig(AppConfig):
    name = "marketplace.mydata"
    label = "mydata"
