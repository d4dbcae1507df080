// zitadel/oidc, its relying party: handlers as in its own example.
package main

import (
	"encoding/json"
	"net/http"
	"os"

	httphelper "github.com/zitadel/oidc/v2/pkg/http"
	"github.com/zitadel/oidc/v2/pkg/client/rp"
	"github.com/zitadel/oidc/v2/pkg/oidc"
)

func zitadel(here string, mux *http.ServeMux) error {
	key := []byte("0123456789abcdef")
	cookies := httphelper.NewCookieHandler(key, key, httphelper.WithUnsecure())
	provider, err := rp.NewRelyingPartyOIDC(os.Getenv("ISSUER"), os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), here+"/callback",
		[]string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}, rp.WithCookieHandler(cookies), rp.WithPKCE(cookies))
	if err != nil {
		return err
	}
	mux.Handle("/start", rp.AuthURLHandler(func() string { return "a-state" }, provider))
	mux.Handle("/callback", rp.CodeExchangeHandler(rp.UserinfoCallback(
		func(w http.ResponseWriter, r *http.Request, tokens *oidc.Tokens[*oidc.IDTokenClaims], state string, provider rp.RelyingParty, info *oidc.UserInfo) {
			again, err := rp.RefreshAccessToken(provider, tokens.RefreshToken, "", "")
			if err != nil {
				http.Error(w, err.Error(), 500)
				return
			}
			json.NewEncoder(w).Encode(map[string]any{"sub": info.Subject, "name": info.PreferredUsername, "refreshed": again.AccessToken != tokens.AccessToken})
		}), provider))
	return nil
}
