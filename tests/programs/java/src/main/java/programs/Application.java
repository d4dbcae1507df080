package programs;

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
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What the framework's own guide writes: users log in at the issuer, and what is below /api takes its access tokens. */
@SpringBootApplication
@RestController
public class Application {
	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	@Bean
	@Order(1)
	SecurityFilterChain api(HttpSecurity http) throws Exception {
		return http.securityMatcher("/api").authorizeHttpRequests(a -> a.anyRequest().authenticated())
				.oauth2ResourceServer(r -> r.jwt(Customizer.withDefaults())).build();
	}

	/** The same, but that a token which has ended is refused before its time is over. */
	@Bean
	@Order(2)
	SecurityFilterChain listed(HttpSecurity http, @Value("${ISSUER}") String issuer) throws Exception {
		NimbusJwtDecoder tokens = StatusList.decoder(issuer, "at+jwt");
		tokens.setJwtValidator(new DelegatingOAuth2TokenValidator<>(JwtValidators.createDefaultWithIssuer(issuer), new StatusList(issuer)));
		return http.securityMatcher("/listed").authorizeHttpRequests(a -> a.anyRequest().authenticated())
				.oauth2ResourceServer(r -> r.jwt(j -> j.decoder(tokens))).build();
	}

	@Bean
	SecurityFilterChain pages(HttpSecurity http) throws Exception {
		return http.authorizeHttpRequests(a -> a.anyRequest().authenticated()).oauth2Login(Customizer.withDefaults()).build();
	}

	@GetMapping("/start")
	ResponseEntity<Map<String, String>> start(@AuthenticationPrincipal OidcUser user) {
		return ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON).body(Map.of("sub", user.getSubject(), "name", user.getPreferredUsername()));
	}

	@GetMapping({ "/api", "/listed" })
	Map<String, String> api(@AuthenticationPrincipal Jwt token) {
		return Map.of("sub", token.getSubject());
	}
}
