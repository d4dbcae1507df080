// golang.org/x/oauth2, the device flow (RFC 8628): the user is sent to the issuer, the program asks for the token meanwhile; go-oidc verifies the ID token.
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

// What the program hears at the end.
type deviceEnd struct {
	token *oauth2.Token
	err   error
}

// The endpoint that this version of go-oidc does not name by itself.
func deviceConfig(provider *oidc.Provider) (*oauth2.Config, error) {
	var metadata struct {
		DeviceAuthURL string `json:"device_authorization_endpoint"`
	}
	if err := provider.Claims(&metadata); err != nil {
		return nil, err
	}
	endpoint := provider.Endpoint()
	endpoint.DeviceAuthURL = metadata.DeviceAuthURL
	return &oauth2.Config{ClientID: os.Getenv("CLIENT_ID"), Endpoint: endpoint, Scopes: []string{oidc.ScopeOpenID, "profile"}}, nil
}

func device(here string, mux *http.ServeMux) error {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		return err
	}
	config, err := deviceConfig(provider)
	if err != nil {
		return err
	}
	done := make(chan deviceEnd, 1)
	mux.HandleFunc("/start", func(w http.ResponseWriter, r *http.Request) {
		begun, err := config.DeviceAuth(ctx)
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		go func() {
			token, err := config.DeviceAccessToken(ctx, begun)
			done <- deviceEnd{token, err}
		}()
		http.Redirect(w, r, begun.VerificationURIComplete, http.StatusFound)
	})
	mux.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		end := <-done
		if end.err != nil {
			http.Error(w, end.err.Error(), 500)
			return
		}
		idToken, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, end.token.Extra("id_token").(string))
		user, err2 := provider.UserInfo(ctx, oauth2.StaticTokenSource(end.token))
		again, err3 := config.TokenSource(ctx, &oauth2.Token{RefreshToken: end.token.RefreshToken}).Token()
		if err != nil || err2 != nil || err3 != nil {
			http.Error(w, fmt.Sprint(err, err2, err3), 500)
			return
		}
		var claims struct {
			Name string `json:"preferred_username"`
		}
		user.Claims(&claims)
		json.NewEncoder(w).Encode(map[string]any{"sub": idToken.Subject, "name": claims.Name, "refreshed": again.AccessToken != end.token.AccessToken})
	})
	return nil
}
