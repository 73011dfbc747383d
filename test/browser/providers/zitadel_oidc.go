// An OpenID Provider of zitadel/oidc with the pages, the storage and the settings of its example. It logs in each time it is asked.
package main

import (
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/zitadel/oidc/example/server/exampleop"
	"github.com/zitadel/oidc/example/server/storage"
)

func main() {
	users, err := storage.StoreFromFile(os.Getenv("USERS"))
	if err != nil {
		log.Fatal(err)
	}
	client := storage.WebClient(os.Getenv("CLIENT"), os.Getenv("SECRET"), os.Getenv("REDIRECT_URI"))
	storage.RegisterClients(client)
	address := "127.0.0.1:" + os.Getenv("PORT")
	handler := exampleop.SetupServer("http://"+address, storage.NewStorage(users), slog.Default(), false)
	log.Fatal(http.ListenAndServe(address, handler))
}
