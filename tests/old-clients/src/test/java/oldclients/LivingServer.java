package oldclients;

import javax.sql.DataSource;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.config.annotation.authentication.builders.AuthenticationManagerBuilder;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.builders.WebSecurity;
import org.springframework.security.config.annotation.web.configuration.WebSecurityConfigurerAdapter;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.config.annotation.configurers.ClientDetailsServiceConfigurer;
import org.springframework.security.oauth2.config.annotation.web.configuration.AuthorizationServerConfigurerAdapter;
import org.springframework.security.oauth2.config.annotation.web.configuration.EnableAuthorizationServer;
import org.springframework.security.oauth2.config.annotation.web.configurers.AuthorizationServerEndpointsConfigurer;
import org.springframework.security.oauth2.config.annotation.web.configurers.AuthorizationServerSecurityConfigurer;
import org.springframework.security.oauth2.provider.approval.JdbcApprovalStore;
import org.springframework.security.oauth2.provider.client.JdbcClientDetailsService;
import org.springframework.security.oauth2.provider.token.store.JdbcTokenStore;
import org.springframework.security.provisioning.JdbcUserDetailsManager;

/** The library's authorization server with everything in its own tables, as a product of those years kept it; here in an SQLite file. */
@Configuration
@EnableAutoConfiguration
@EnableAuthorizationServer
class LivingServer extends AuthorizationServerConfigurerAdapter {
	private static final String[] TABLES = {
		"create table users (username varchar(50) primary key, password varchar(500), enabled boolean)",
		"create table authorities (username varchar(50), authority varchar(50))",
		"create table oauth_client_details (client_id varchar(255) primary key, resource_ids varchar(255), client_secret varchar(255), "
			+ "scope varchar(255), authorized_grant_types varchar(255), web_server_redirect_uri varchar(255), authorities varchar(255), "
			+ "access_token_validity integer, refresh_token_validity integer, additional_information varchar(4096), autoapprove varchar(255))",
		"create table oauth_access_token (token_id varchar(255), token blob, authentication_id varchar(255) primary key, "
			+ "user_name varchar(255), client_id varchar(255), authentication blob, refresh_token varchar(255))",
		"create table oauth_refresh_token (token_id varchar(255), token blob, authentication blob)",
		"create table oauth_approvals (userId varchar(255), clientId varchar(255), scope varchar(255), status varchar(10), "
			+ "expiresAt timestamp, lastModifiedAt timestamp)" };

	private final AuthenticationManager users;
	private final UserDetailsService accounts;
	private final DataSource tables;

	LivingServer(AuthenticationManager users, @Qualifier("accounts") UserDetailsService accounts, DataSource tables) {
		this.users = users;
		this.accounts = accounts;
		this.tables = tables;
	}

	@Override
	public void configure(AuthorizationServerSecurityConfigurer security) {
		security.checkTokenAccess("permitAll()").allowFormAuthenticationForClients();
	}

	@Override
	public void configure(ClientDetailsServiceConfigurer clients) throws Exception {
		clients.withClientDetails(new JdbcClientDetailsService(tables));
	}

	@Override
	public void configure(AuthorizationServerEndpointsConfigurer endpoints) {
		endpoints.authenticationManager(users).userDetailsService(accounts).tokenStore(new JdbcTokenStore(tables))
				.approvalStore(new JdbcApprovalStore(tables));
	}

	@Configuration
	static class Tables {
		@Bean
		DataSource tables(@Value("${old.db}") String file) {
			DataSource tables = new DriverManagerDataSource("jdbc:sqlite:" + file + "?busy_timeout=10000");
			JdbcTemplate run = new JdbcTemplate(tables);
			for (String table : TABLES) {
				run.execute(table);
			}
			return tables;
		}

		@Bean("accounts")
		JdbcUserDetailsManager accounts(DataSource tables) {
			JdbcUserDetailsManager accounts = new JdbcUserDetailsManager();
			accounts.setDataSource(tables);
			return accounts;
		}
	}

	/** People log in at the authorization endpoint with their name and password (RFC 7617). */
	@Configuration
	static class Users extends WebSecurityConfigurerAdapter {
		private final JdbcUserDetailsManager accounts;

		Users(JdbcUserDetailsManager accounts) {
			this.accounts = accounts;
		}

		@Override
		protected void configure(AuthenticationManagerBuilder users) throws Exception {
			users.userDetailsService(accounts);
		}

		@Override
		protected void configure(HttpSecurity http) throws Exception {
			http.authorizeRequests().anyRequest().authenticated().and().httpBasic().and().csrf().disable();
		}

		@Override
		public void configure(WebSecurity web) {
			web.ignoring().antMatchers("/error");
		}

		@Bean
		@Override
		public AuthenticationManager authenticationManagerBean() throws Exception {
			return super.authenticationManagerBean();
		}
	}
}
