"""Makes the tables and the posts, then serves; gunicorn loads this once, before it forks."""

import json
import os

from django import db
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
application = get_wsgi_application()

from blog.models import Post  # noqa: E402  (models need the settings above)

call_command("migrate", run_syncdb=True, verbosity=0)
with open(os.environ["POST_FILE"], encoding="utf-8") as file:
    template = json.load(file)
Post.objects.bulk_create([Post(**template) for _ in range(int(os.environ["POSTS"]))])
db.connections.close_all()
