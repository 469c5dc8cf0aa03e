// A post server that counts views the way the essay does: the reader gets the post at once, a goroutine puts the +1 on
// a buffered channel, and one adder applies it.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

type Post struct {
	ID          int64    `json:"id"`
	Slug        string   `json:"slug"`
	Title       string   `json:"title"`
	Summary     string   `json:"summary"`
	Body        string   `json:"body"`
	Tags        []string `json:"tags"`
	PublishedAt string   `json:"published_at"`
	Views       int64    `json:"views"`
}

type Blog struct {
	mu    sync.RWMutex
	posts map[int64]*Post
	views chan int64
}

func (b *Blog) GetPost(id int64) (Post, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	post, ok := b.posts[id]
	if !ok {
		return Post{}, false
	}
	go func() { b.views <- id }()
	return *post, true
}

func (b *Blog) addViews() {
	for id := range b.views {
		b.mu.Lock()
		b.posts[id].Views++
		b.mu.Unlock()
	}
}

func (b *Blog) total() (sum int64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, post := range b.posts {
		sum += post.Views
	}
	return sum
}

func load(file string, copies int) (map[int64]*Post, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	posts := make(map[int64]*Post, copies)
	for id := int64(1); id <= int64(copies); id++ {
		post := &Post{}
		if err := json.Unmarshal(text, post); err != nil {
			return nil, err
		}
		post.ID = id
		posts[id] = post
	}
	return posts, nil
}

func main() {
	copies, err := strconv.Atoi(os.Getenv("POSTS"))
	if err != nil {
		log.Fatal(err)
	}
	posts, err := load(os.Getenv("POST_FILE"), copies)
	if err != nil {
		log.Fatal(err)
	}
	blog := &Blog{posts: posts, views: make(chan int64, 1024)}
	go blog.addViews()

	http.HandleFunc("/posts/", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/posts/"), 10, 64)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		post, ok := blog.GetPost(id)
		if !ok {
			http.NotFound(w, r)
			return
		}
		text, err := json.Marshal(post)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.Write(text)
	})
	http.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, blog.total())
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
