// The essay's channel with every post's JSON made once, at start: the most a Go program of this kind can save, so that
// a comparison with it is about HTTP and counting and not about encoding.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

type page struct {
	head  []byte // up to the number of views
	views atomic.Int64
}

func main() {
	text, err := os.ReadFile(os.Getenv("POST_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	copies, err := strconv.Atoi(os.Getenv("POSTS"))
	if err != nil {
		log.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		log.Fatal(err)
	}
	rest := strings.TrimSuffix(strings.TrimPrefix(compact.String(), "{"), "}")
	pages := make(map[int64]*page, copies)
	for id := int64(1); id <= int64(copies); id++ {
		pages[id] = &page{head: []byte(fmt.Sprintf(`{"id":%d,%s,"views":`, id, rest))}
	}

	views := make(chan *page, 1024)
	go func() {
		for p := range views {
			p.views.Add(1)
		}
	}()

	http.HandleFunc("/posts/", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/posts/"), 10, 64)
		p, ok := pages[id]
		if err != nil || !ok {
			http.NotFound(w, r)
			return
		}
		go func() { views <- p }()
		tail := append(strconv.AppendInt(make([]byte, 0, 24), p.views.Load(), 10), '}')
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(p.head)+len(tail)))
		w.Write(p.head)
		w.Write(tail)
	})
	http.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		var sum int64
		for _, p := range pages {
			sum += p.views.Load()
		}
		fmt.Fprint(w, sum)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
