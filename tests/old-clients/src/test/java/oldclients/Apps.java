package oldclients;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.security.oauth2.client.EnableOAuth2Sso;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableGlobalMethodSecurity;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.client.OAuth2ClientContext;
import org.springframework.security.oauth2.client.OAuth2RestTemplate;
import org.springframework.security.oauth2.client.resource.OAuth2ProtectedResourceDetails;
import org.springframework.security.oauth2.config.annotation.web.configuration.EnableResourceServer;
import org.springframework.security.oauth2.provider.OAuth2Authentication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Whole old applications, as they were written for the old servers; what is configured stands in the tests. */
final class Apps {
	private Apps() {
	}

	/** A resource server. */
	@Configuration
	@EnableAutoConfiguration
	@EnableResourceServer
	@EnableGlobalMethodSecurity(prePostEnabled = true)
	static class Orders {
		@Bean
		OrdersApi api() {
			return new OrdersApi();
		}
	}

	@RestController
	static class OrdersApi {
		@GetMapping("/me")
		public Map<String, Object> me(OAuth2Authentication who) {
			Map<String, Object> out = new HashMap<>();
			out.put("name", who.getName());
			out.put("client", who.getOAuth2Request().getClientId());
			out.put("scope", who.getOAuth2Request().getScope());
			out.put("authorities", AuthorityUtils.authorityListToSet(who.getAuthorities()));
			return out;
		}

		@GetMapping("/operators")
		@PreAuthorize("hasAuthority('OP_USER')")
		public Map<String, String> operators() {
			return Collections.singletonMap("may", "yes");
		}

		@GetMapping("/writers")
		@PreAuthorize("#oauth2.hasScope('write')")
		public Map<String, String> writers() {
			return Collections.singletonMap("may", "yes");
		}
	}

	/** An application whose users log in at the authorization server, and which asks Orders in their name. */
	@Configuration
	@EnableAutoConfiguration
	@EnableOAuth2Sso
	static class Portal {
		@Bean
		OAuth2RestTemplate ordersTemplate(OAuth2ProtectedResourceDetails details, OAuth2ClientContext context) {
			return new OAuth2RestTemplate(details, context);
		}

		@Bean
		PortalPages pages() {
			return new PortalPages();
		}
	}

	@RestController
	static class PortalPages {
		@Autowired
		private OAuth2RestTemplate ordersTemplate;
		@Value("${orders}")
		private String orders;

		@GetMapping("/")
		public String home(OAuth2Authentication who) {
			return "hello " + who.getName() + " " + AuthorityUtils.authorityListToSet(who.getAuthorities()).contains("OP_USER");
		}

		@GetMapping("/mine")
		public String mine() {
			return "orders says " + ordersTemplate.getForObject(orders + "/me", Map.class).get("name");
		}
	}

	/** Start one with these lines of its application.yml. */
	static ConfigurableApplicationContext start(Class<?> app, String... lines) {
		String[] args = new String[lines.length + 2];
		args[0] = "--spring.main.banner-mode=off";
		args[1] = "--logging.level.root=ERROR";
		for (int i = 0; i < lines.length; i++) {
			args[i + 2] = "--" + lines[i];
		}
		return new SpringApplicationBuilder(app).run(args);
	}

	static String url(ConfigurableApplicationContext app) {
		return "http://localhost:" + app.getEnvironment().getProperty("local.server.port");
	}
}
