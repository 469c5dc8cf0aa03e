// A post server that counts views in the request, in a map behind a mutex.
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

var (
	posts = map[int64]Post{}
	mu    sync.Mutex
	views = map[int64]int64{}
)

func view(id int64) int64 {
	mu.Lock()
	defer mu.Unlock()
	views[id]++
	return views[id]
}

func getPost(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/posts/"), 10, 64)
	post, ok := posts[id]
	if err != nil || !ok {
		http.NotFound(w, r)
		return
	}
	post.Views = view(id)
	text, err := json.Marshal(post)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Write(text)
}

func getCount(w http.ResponseWriter, r *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	var sum int64
	for _, n := range views {
		sum += n
	}
	fmt.Fprint(w, sum)
}

func main() {
	text, err := os.ReadFile(os.Getenv("POST_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	copies, err := strconv.ParseInt(os.Getenv("POSTS"), 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	for id := int64(1); id <= copies; id++ {
		var post Post
		if err := json.Unmarshal(text, &post); err != nil {
			log.Fatal(err)
		}
		post.ID = id
		posts[id] = post
	}
	http.HandleFunc("/posts/", getPost)
	http.HandleFunc("/count", getCount)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
