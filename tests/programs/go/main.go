// One program, one library: the first argument says which.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	here, mux := "http://localhost:"+os.Getenv("PORT"), http.NewServeMux()
	library := map[string]func(string, *http.ServeMux) error{"goidc": goidc, "zitadel": zitadel, "device": device}[os.Args[1]]
	if err := library(here, mux); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), mux))
}
