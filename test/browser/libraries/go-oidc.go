// Signs in, refreshes and signs out with go-oidc. Its pages are JSON: what the library has returned.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type object map[string]any

func random() string {
	bytes := make([]byte, 16)
	rand.Read(bytes)
	return hex.EncodeToString(bytes)
}

// Writes what a function returns, or its error.
func page(what func(*http.Request) (object, error)) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		result, err := what(request)
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			result = object{"error": refused.ErrorCode}
		} else if err != nil {
			result = object{"error": err.Error()}
		}
		writer.Header().Set("Content-Type", "application/json")
		json.NewEncoder(writer).Encode(result)
	}
}

func main() {
	background := context.Background()
	home := "http://127.0.0.1:" + os.Getenv("PORT")
	provider, err := oidc.NewProvider(background, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&metadata); err != nil {
		log.Fatal(err)
	}
	config := oauth2.Config{
		ClientID:     os.Getenv("CLIENT"),
		ClientSecret: os.Getenv("SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  home + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile"},
	}
	ids := provider.Verifier(&oidc.Config{ClientID: config.ClientID})
	state, nonce, verifier := "", "", ""
	var token *oauth2.Token
	var idToken string
	var claims object

	http.HandleFunc("/sign-in", func(writer http.ResponseWriter, request *http.Request) {
		state, nonce, verifier = random(), random(), oauth2.GenerateVerifier()
		to := config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))
		http.Redirect(writer, request, to, http.StatusFound)
	})
	http.HandleFunc("/callback", page(func(request *http.Request) (object, error) {
		query := request.URL.Query()
		if query.Get("state") != state {
			return nil, errors.New("another state")
		}
		var err error
		token, err = config.Exchange(request.Context(), query.Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			return nil, err
		}
		idToken, _ = token.Extra("id_token").(string)
		verified, err := ids.Verify(request.Context(), idToken)
		if err != nil {
			return nil, err
		}
		if verified.Nonce != nonce {
			return nil, errors.New("another nonce")
		}
		return object{"sub": verified.Subject}, verified.Claims(&claims)
	}))
	http.HandleFunc("/", page(func(request *http.Request) (object, error) {
		user, err := provider.UserInfo(request.Context(), oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, err
		}
		var userinfo object
		err = user.Claims(&userinfo)
		return object{
			"access_token": token.AccessToken, "refresh_token": token.RefreshToken,
			"claims": claims, "userinfo": userinfo,
		}, err
	}))
	http.HandleFunc("/refresh", page(func(request *http.Request) (object, error) {
		next, err := config.TokenSource(request.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
		if err != nil {
			return nil, err
		}
		return object{"access_token": next.AccessToken, "refresh_token": next.RefreshToken}, nil
	}))
	http.HandleFunc("/sign-out", func(writer http.ResponseWriter, request *http.Request) {
		query := url.Values{
			"id_token_hint": {idToken}, "post_logout_redirect_uri": {home + "/bye"}, "state": {"a state"},
		}
		http.Redirect(writer, request, metadata.EndSession+"?"+query.Encode(), http.StatusFound)
	})
	http.HandleFunc("/bye", page(func(*http.Request) (object, error) { return object{"bye": true}, nil }))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
