"""What is served."""

from django.db import models
from hitcount.mixins import HitCountModelMixin


class Post(models.Model, HitCountModelMixin):
    slug = models.SlugField()
    title = models.CharField(max_length=500)
    summary = models.TextField()
    body = models.TextField()
    tags = models.JSONField()
    published_at = models.DateTimeField()
