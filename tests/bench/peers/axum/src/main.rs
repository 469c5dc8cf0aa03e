//! A post server on axum that counts views the way the essay does: the reader gets the post at once, the +1 goes down a
//! bounded channel, and one task applies it. Posts and numbers are in memory, and each answer is serialised anew.

use std::env;
use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize, Serializer};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, Receiver, Sender, error::TrySendError};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Views that may wait, as many as in the Go peers.
const CAPACITY: usize = 1024;

#[derive(Deserialize, Serialize)]
struct Post {
    #[serde(default)]
    id: usize,
    slug: String,
    title: String,
    summary: String,
    body: String,
    tags: Vec<String>,
    published_at: String,
    #[serde(default, serialize_with = "number")]
    views: AtomicU64,
}

fn number<S: Serializer>(views: &AtomicU64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(views.load(Ordering::Relaxed))
}

#[derive(Clone)]
struct Blog {
    /// The post with id n is the n-th.
    posts: Arc<[Arc<Post>]>,
    views: Sender<usize>,
}

impl Blog {
    fn find(&self, id: usize) -> Option<&Arc<Post>> {
        self.posts.get(id.checked_sub(1)?)
    }

    /// Never waits: while the channel is full, a task of its own holds the view.
    fn count(&self, id: usize) {
        if let Err(TrySendError::Full(id)) = self.views.try_send(id) {
            let views = self.views.clone();
            tokio::spawn(async move { views.send(id).await });
        }
    }
}

async fn get_post(
    State(blog): State<Blog>,
    Path(id): Path<usize>,
) -> Result<Json<Arc<Post>>, StatusCode> {
    let post = blog.find(id).ok_or(StatusCode::NOT_FOUND)?;
    blog.count(id);
    Ok(Json(Arc::clone(post)))
}

async fn get_count(State(blog): State<Blog>) -> String {
    let views = blog
        .posts
        .iter()
        .map(|post| post.views.load(Ordering::Relaxed));
    views.sum::<u64>().to_string()
}

async fn add_views(posts: Arc<[Arc<Post>]>, mut views: Receiver<usize>) {
    while let Some(id) = views.recv().await {
        posts[id - 1].views.fetch_add(1, Ordering::Relaxed);
    }
}

fn load(file: &str, copies: usize) -> Result<Arc<[Arc<Post>]>, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    (1..=copies)
        .map(|id| {
            let post: Post = serde_json::from_str(&text)?;
            Ok(Arc::new(Post { id, ..post }))
        })
        .collect()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let posts = load(&env::var("POST_FILE")?, env::var("POSTS")?.parse()?)?;
    let (views, waiting) = mpsc::channel(CAPACITY);
    tokio::spawn(add_views(Arc::clone(&posts), waiting));
    let routes = Router::new()
        .route("/posts/{id}", get(get_post))
        .route("/count", get(get_count))
        .with_state(Blog { posts, views });
    let listener = TcpListener::bind(("127.0.0.1", env::var("PORT")?.parse()?)).await?;
    axum::serve(listener, routes).await?;
    Ok(())
}
