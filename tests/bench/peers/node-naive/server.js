// A post server that reads the number, waits for it, adds one and writes it back: two readers who meet in between
// leave one view behind.
"use strict";
const fs = require("node:fs");
const http = require("node:http");

const template = JSON.parse(fs.readFileSync(process.env.POST_FILE, "utf8"));
const posts = new Map();
for (let id = 1; id <= Number(process.env.POSTS); id++) {
  posts.set(id, { id, ...template });
}

// Stands for a database: each call answers in a later turn of the event loop.
const stored = new Map();
const turn = () => new Promise(setImmediate);
const database = {
  async views(id) {
    await turn();
    return stored.get(id) ?? 0;
  },
  async setViews(id, views) {
    await turn();
    stored.set(id, views);
  },
};

const server = http.createServer(async (request, response) => {
  if (request.url === "/count") {
    response.end(String([...stored.values()].reduce((sum, n) => sum + n, 0)));
    return;
  }
  const post = posts.get(Number(request.url.slice("/posts/".length)));
  if (!post) {
    response.writeHead(404).end();
    return;
  }
  const views = (await database.views(post.id)) + 1;
  await database.setViews(post.id, views);
  const text = JSON.stringify({ ...post, views });
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
});
server.listen(Number(process.env.PORT), "127.0.0.1");
