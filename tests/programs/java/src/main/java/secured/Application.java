package secured;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.converter.RsaKeyConverters;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.TokenExchangeOAuth2AuthorizedClientProvider;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.endpoint.NimbusJwtClientAuthenticationParametersConverter;
import org.springframework.security.oauth2.client.endpoint.OAuth2AccessTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.OAuth2AuthorizationCodeGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientAuthorizationCodeTokenResponseClient;
import org.springframework.security.oauth2.client.endpoint.RestClientTokenExchangeTokenResponseClient;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Spring Security's reference, put together: users log in with a client that has a key instead of a secret (private_key_jwt); what is below /bound is an API that takes
 * DPoP-bound access tokens; and /exchanged is one that gets another token, for the next service, for the one that it was called with.
 */
@SpringBootApplication
@RestController
public class Application {
	private final JWK key;

	Application(@Value("${CLIENT_KEY}") String pem) throws Exception {
		var secret = (RSAPrivateCrtKey) RsaKeyConverters.pkcs8().convert(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
		var open = new RSAPublicKeySpec(secret.getModulus(), secret.getPublicExponent());
		key = new RSAKey.Builder((RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(open)).privateKey(secret).keyID("k1").build();
	}

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	@Bean
	OAuth2AccessTokenResponseClient<OAuth2AuthorizationCodeGrantRequest> codes() {
		var client = new RestClientAuthorizationCodeTokenResponseClient();
		client.addParametersConverter(new NimbusJwtClientAuthenticationParametersConverter<>(registration -> key));
		return client;
	}

	@Bean
	TokenExchangeOAuth2AuthorizedClientProvider exchange() {
		var client = new RestClientTokenExchangeTokenResponseClient();
		client.addParametersConverter(new NimbusJwtClientAuthenticationParametersConverter<>(registration -> key));
		var provider = new TokenExchangeOAuth2AuthorizedClientProvider();
		provider.setAccessTokenResponseClient(client);
		return provider;
	}

	@Bean
	@Order(1)
	SecurityFilterChain apis(HttpSecurity http) throws Exception {
		return http.securityMatcher("/bound", "/exchanged").authorizeHttpRequests(a -> a.anyRequest().authenticated())
				.oauth2ResourceServer(r -> r.jwt(Customizer.withDefaults())).build();
	}

	@Bean
	SecurityFilterChain pages(HttpSecurity http) throws Exception {
		return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).oauth2Login(Customizer.withDefaults()).build();
	}

	@GetMapping("/start")
	ResponseEntity<Map<String, String>> start(@AuthenticationPrincipal OidcUser user) {
		return ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON).body(Map.of("sub", user.getSubject(), "name", user.getPreferredUsername()));
	}

	@GetMapping("/bound")
	Map<String, String> bound(@AuthenticationPrincipal Jwt token) {
		return Map.of("sub", token.getSubject());
	}

	@GetMapping("/exchanged")
	Map<String, String> exchanged(@RegisteredOAuth2AuthorizedClient("stock") OAuth2AuthorizedClient next) {
		return Map.of("token", next.getAccessToken().getTokenValue());
	}
}
