from django.utils.translation import gettext_lazy as _

from .base import Group, Kind

KIND = Kind(
    key="compare_records",
    group=Group.RECORDS,
    place=10,
    title=_("Same thing or not?"),
    description=_(
        "Two records side by side, such as two shops' entries for a product: do they name the same thing?"
    ),
    spec={
        "show": [
            {"as": "text", "column": "name_a", "style": "title", "group": "A", "required": True},
            {"as": "text", "column": "description_a", "group": "A"},
            {"as": "text", "column": "price_a", "style": "price", "group": "A"},
            {"as": "text", "column": "name_b", "style": "title", "group": "B", "required": True},
            {"as": "text", "column": "description_b", "group": "B"},
            {"as": "text", "column": "price_b", "style": "price", "group": "B"},
        ],
        "fields": [
            {
                "name": "same",
                "widget": "choice",
                "label": _("Is it the same product?"),
                "required": True,
                "options": [{"value": "1", "label": _("Yes")}, {"value": "0", "label": _("No")}],
            }
        ],
    },
    instructions=_(
        "## What to do\n\n"
        "Read both entries and decide whether they name **the same product**.\n\n"
        "- Another colour, size or capacity is *another* product.\n"
        "- Shops write names differently: look at the model number first.\n"
        "- Prices differ between shops; a price alone decides nothing."
    ),
    seconds=20,
    overlap=3,
    examples={
        "en": [
            {
                "name_a": "Kettle K-210, 1.7 l, steel",
                "description_a": "Cordless electric kettle, 2200 W, brushed steel.",
                "price_a": "€34.90",
                "name_b": "K210 stainless kettle 1.7 litre",
                "description_b": "Electric kettle with lime filter.",
                "price_b": "€31.00",
            },
            {
                "name_a": "Desk lamp Orla, white",
                "description_a": "LED desk lamp, three brightness levels.",
                "price_a": "€49.00",
                "name_b": "Orla floor lamp, white",
                "description_b": "Standing lamp, 1.5 m.",
                "price_b": "€89.00",
            },
            {
                "name_a": "Garden hose 20 m, green",
                "description_a": "PVC, half-inch, with two couplings.",
                "price_a": "€24.50",
                "name_b": "Garden hose 25 m, green",
                "description_b": "PVC, half-inch, couplings included.",
                "price_b": "€27.90",
            },
        ],
        "fr": [
            {
                "name_a": "Bouilloire K-210, 1,7 l, inox",
                "description_a": "Bouilloire électrique sans fil, 2200 W, inox brossé.",
                "price_a": "34,90 €",
                "name_b": "Bouilloire inox K210 1,7 litre",
                "description_b": "Bouilloire électrique avec filtre anticalcaire.",
                "price_b": "31,00 €",
            },
            {
                "name_a": "Lampe de bureau Orla, blanche",
                "description_a": "Lampe LED, trois intensités.",
                "price_a": "49,00 €",
                "name_b": "Lampadaire Orla, blanc",
                "description_b": "Lampe sur pied, 1,5 m.",
                "price_b": "89,00 €",
            },
            {
                "name_a": "Tuyau d’arrosage 20 m, vert",
                "description_a": "PVC, 15 mm, avec deux raccords.",
                "price_a": "24,50 €",
                "name_b": "Tuyau d’arrosage 25 m, vert",
                "description_b": "PVC, 15 mm, raccords compris.",
                "price_b": "27,90 €",
            },
        ],
    },
)
