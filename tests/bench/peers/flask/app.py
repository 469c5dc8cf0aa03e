"""A post server that counts a view with one UPDATE in the request, in SQLite."""

import json
import os
import sqlite3

from flask import Flask, abort, g, jsonify

DATABASE = os.environ["DATABASE"]

app = Flask(__name__)
app.json.sort_keys = False


def connect():
    db = sqlite3.connect(DATABASE)
    db.row_factory = sqlite3.Row
    return db


def get_db():
    if "db" not in g:
        g.db = connect()
    return g.db


@app.teardown_appcontext
def close_db(_error):
    db = g.pop("db", None)
    if db is not None:
        db.close()


def init_db():
    with open(os.environ["POST_FILE"], encoding="utf-8") as file:
        post = json.load(file)
    db = connect()
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, slug TEXT, title TEXT, summary TEXT, body TEXT, tags TEXT,"
        " published_at TEXT, views INTEGER NOT NULL DEFAULT 0)"
    )
    for _ in range(int(os.environ["POSTS"])):
        db.execute(
            "INSERT INTO posts (slug, title, summary, body, tags, published_at) VALUES (?, ?, ?, ?, ?, ?)",
            (post["slug"], post["title"], post["summary"], post["body"], json.dumps(post["tags"]), post["published_at"]),
        )
    db.commit()
    db.close()


@app.get("/posts/<int:post_id>")
def get_post(post_id):
    db = get_db()
    db.execute("UPDATE posts SET views = views + 1 WHERE id = ?", (post_id,))
    db.commit()
    row = db.execute("SELECT * FROM posts WHERE id = ?", (post_id,)).fetchone()
    if row is None:
        abort(404)
    post = dict(row)
    post["tags"] = json.loads(post["tags"])
    return jsonify(post)


@app.get("/count")
def count():
    return str(get_db().execute("SELECT sum(views) FROM posts").fetchone()[0])


init_db()
