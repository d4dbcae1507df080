// coreos/go-oidc: discovery, code with PKCE and nonce, the ID token's verifier, userinfo.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func goidc(here string, mux *http.ServeMux) error {
	provider, err := oidc.NewProvider(context.Background(), os.Getenv("ISSUER"))
	if err != nil {
		return err
	}
	config := oauth2.Config{ClientID: os.Getenv("CLIENT_ID"), ClientSecret: os.Getenv("CLIENT_SECRET"), Endpoint: provider.Endpoint(),
		RedirectURL: here + "/callback", Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
	verifier := provider.Verifier(&oidc.Config{ClientID: config.ClientID})
	mux.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, config.AuthCodeURL("a-state", oidc.Nonce("a-nonce-of-this-login")), http.StatusFound)
	})
	mux.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		token, err := config.Exchange(ctx, r.URL.Query().Get("code"))
		if err != nil || r.URL.Query().Get("state") != "a-state" {
			http.Error(w, fmt.Sprint(err), 500)
			return
		}
		idToken, err := verifier.Verify(ctx, token.Extra("id_token").(string))
		if err == nil && idToken.Nonce != "a-nonce-of-this-login" {
			err = fmt.Errorf("the nonce is another")
		}
		if err == nil {
			err = idToken.VerifyAccessToken(token.AccessToken)
		}
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		var claims struct {
			Name string `json:"preferred_username"`
		}
		user, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err == nil {
			err = user.Claims(&claims)
		}
		again, err2 := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
		if err != nil || err2 != nil {
			http.Error(w, fmt.Sprint(err, err2), 500)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"sub": idToken.Subject, "name": claims.Name, "refreshed": again.AccessToken != token.AccessToken})
	})
	return nil
}
