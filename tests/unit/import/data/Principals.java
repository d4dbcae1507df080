/*
 * Tokens of users whose principal is a product's own class, serialized by the old library itself (spring-security-oauth2 2.3.6, spring-security-core
 * 5.2.2): prints principals.json. Run: javac -cp JARS -d OUT Principals.java && java -cp JARS:OUT Principals > principals.json
 */
import java.io.*;
import java.security.MessageDigest;
import java.util.*;
import org.springframework.security.authentication.*;
import org.springframework.security.core.*;
import org.springframework.security.core.authority.*;
import org.springframework.security.core.userdetails.*;
import org.springframework.security.oauth2.common.*;
import org.springframework.security.oauth2.provider.*;
import org.springframework.security.oauth2.provider.token.*;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;

public class Principals {
	/** No field is called username: the name stands in an object inside. */
	static class Account implements Serializable {
		private static final long serialVersionUID = 1;
		Long id; String account, nickname;
		Account(long id, String account, String nickname) { this.id = id; this.account = account; this.nickname = nickname; }
	}
	static class LoginUser implements UserDetails {
		private static final long serialVersionUID = 1;
		Account user;
		LoginUser(Account user) { this.user = user; }
		public Collection<? extends GrantedAuthority> getAuthorities() { return AuthorityUtils.createAuthorityList("ROLE_USER"); }
		public String getPassword() { return null; }
		public String getUsername() { return user.account; }
		public boolean isAccountNonExpired() { return true; }
		public boolean isAccountNonLocked() { return true; }
		public boolean isCredentialsNonExpired() { return true; }
		public boolean isEnabled() { return true; }
	}
	/** The framework's field username is another person's name; getUsername() gives the phone. */
	static class PhoneUser extends User {
		private static final long serialVersionUID = 1;
		String phone;
		PhoneUser(String username, String phone) { super(username, "", AuthorityUtils.createAuthorityList("ROLE_USER")); this.phone = phone; }
		public String getUsername() { return phone; }
	}
	/** getUsername() gives the number as text. */
	static class NumberUser extends LoginUser {
		private static final long serialVersionUID = 1;
		NumberUser(Account user) { super(user); }
		public String getUsername() { return String.valueOf(user.id); }
	}
	/** A Principal that is no UserDetails. */
	static class Caller implements java.security.Principal, Serializable {
		private static final long serialVersionUID = 1;
		String called;
		Caller(String called) { this.called = called; }
		public String getName() { return called; }
	}

	static String hex(byte[] b) {
		StringBuilder s = new StringBuilder();
		for (byte x : b)
			s.append(String.format("%02x", x));
		return s.toString();
	}
	static String serialized(Object o) throws IOException {
		ByteArrayOutputStream to = new ByteArrayOutputStream();
		new ObjectOutputStream(to).writeObject(o);
		return hex(to.toByteArray());
	}
	static String md5(String s) throws Exception { return hex(MessageDigest.getInstance("MD5").digest(s.getBytes("UTF-8"))); }

	static Authentication by(Object principal) {
		return new UsernamePasswordAuthenticationToken(principal, null, AuthorityUtils.createAuthorityList("ROLE_USER"));
	}
	static void print(String what, int n, Authentication user) throws Exception {
		OAuth2Request request = new OAuth2Request(Collections.emptyMap(), "shop", null, true, new LinkedHashSet<>(Arrays.asList("write", "read")), null, null, null, null);
		OAuth2Authentication a = new OAuth2Authentication(request, user);
		DefaultOAuth2AccessToken t = new DefaultOAuth2AccessToken("access-" + what + "-" + n);
		DefaultExpiringOAuth2RefreshToken r = new DefaultExpiringOAuth2RefreshToken("refresh-" + what + "-" + n, new Date(4102444800000L));
		t.setExpiration(new Date(4102444800000L));
		t.setScope(request.getScope());
		t.setRefreshToken(r);
		System.out.printf("%s{\"what\":\"%s\",\"n\":%d,\"name\":%s,\"access\":\"%s\",\"refresh\":\"%s\",\"token_id\":\"%s\",\"refresh_id\":\"%s\",\"authentication_id\":\"%s\",%n"
			+ "\"token_hex\":\"%s\",%n\"refresh_hex\":\"%s\",%n\"authentication_hex\":\"%s\"}", first ? "[" : ",\n", what, n, user == null ? "null" : "\"" + a.getName() + "\"",
			t.getValue(), r.getValue(), md5(t.getValue()), md5(r.getValue()), new DefaultAuthenticationKeyGenerator().extractKey(a), serialized(t), serialized(r), serialized(a));
		first = false;
	}
	static boolean first = true;

	public static void main(String[] args) throws Exception {
		print("login", 1, by(new LoginUser(new Account(7, "li", "li"))));
		print("login", 2, by(new LoginUser(new Account(8, "wang", "li"))));
		print("phone", 1, by(new PhoneUser("li", "13800000001")));
		print("phone", 2, by(new PhoneUser("wang", "13800000002")));
		print("number", 1, by(new NumberUser(new Account(7, "wang", "li"))));
		print("caller", 1, by(new Caller("li")));
		print("nested", 1, new PreAuthenticatedAuthenticationToken(by(new User("li", "", AuthorityUtils.createAuthorityList("ROLE_USER"))), ""));
		print("text", 1, by("wang"));
		print("client", 1, null);
		System.out.println("]");
	}
}
