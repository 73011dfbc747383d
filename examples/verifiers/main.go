package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

func main() {
	provider, err := oidc.NewProvider(context.Background(), cmp.Or(os.Getenv("ISSUER"), "http://localhost:3000"))
	if err != nil {
		log.Fatal(err)
	}
	audience := cmp.Or(os.Getenv("AUDIENCE"), "serverless-jwt-auth-dev-api")
	verifier := provider.Verifier(&oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{oidc.RS256}})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		verified, err := verifier.Verify(r.Context(), token)
		var header struct{ Typ string }
		var claims struct{ Sub, Role string }
		first, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
		if err != nil || json.Unmarshal(first, &header) != nil || header.Typ != "at+jwt" || verified.Claims(&claims) != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
		} else if r.URL.Path == "/admin" && claims.Role != "admin" {
			http.Error(w, "Forbidden", http.StatusForbidden)
		} else {
			w.Write([]byte(claims.Sub))
		}
	})
	log.Fatal(http.ListenAndServe("localhost:"+cmp.Or(os.Getenv("PORT"), "4000"), nil))
}
