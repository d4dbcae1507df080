CREATE TABLE rf_oauth2_client (id integer NOT NULL PRIMARY KEY, merchant_id integer NULL, title varchar(100) NOT NULL DEFAULT '', client_id varchar(64) NOT NULL,
    client_secret varchar(64) NOT NULL, redirect_uri varchar(2000) NOT NULL DEFAULT '', remark varchar(200) NULL, "group" varchar(30) NULL DEFAULT '',
    status smallint NULL DEFAULT 1, created_at integer NULL, updated_at integer NULL);
CREATE TABLE rf_oauth2_access_token (access_token varchar(80) NOT NULL PRIMARY KEY, merchant_id integer NULL, client_id varchar(64) NOT NULL, member_id varchar(100) NULL,
    expires timestamp NOT NULL, scope text NULL, grant_type varchar(30) NULL DEFAULT '', status smallint NULL DEFAULT 1, created_at integer NULL, updated_at integer NULL);
CREATE TABLE rf_oauth2_refresh_token (refresh_token varchar(80) NOT NULL PRIMARY KEY, merchant_id integer NULL, client_id varchar(64) NOT NULL, member_id varchar(100) NULL,
    expires timestamp NOT NULL, scope text NULL, grant_type varchar(30) NULL DEFAULT '', status smallint NULL DEFAULT 1, created_at integer NULL, updated_at integer NULL);
CREATE TABLE rf_oauth2_authorization_code (authorization_code varchar(100) NOT NULL PRIMARY KEY, merchant_id integer NULL, client_id varchar(64) NOT NULL, member_id varchar(100) NULL,
    redirect_uri varchar(2000) NULL, expires timestamp NOT NULL, scope text NULL, status smallint NULL DEFAULT 1, created_at integer NULL, updated_at integer NULL);
CREATE TABLE rf_member (id integer NOT NULL PRIMARY KEY, merchant_id integer NULL, username varchar(20) NOT NULL DEFAULT '', password_hash varchar(150) NOT NULL DEFAULT '',
    auth_key varchar(32) NOT NULL DEFAULT '', password_reset_token varchar(150) NULL, type smallint NULL DEFAULT 1, nickname varchar(60) NULL, realname varchar(200) NULL,
    head_portrait varchar(150) NULL, current_level smallint NULL, gender smallint NULL, qq varchar(20) NULL, email varchar(60) NULL, birthday date NULL, visit_count integer NULL,
    home_phone varchar(20) NULL, mobile varchar(20) NULL, role smallint NULL DEFAULT 10, last_time integer NULL, last_ip varchar(40) NULL, province_id integer NULL,
    city_id integer NULL, area_id integer NULL, pid integer NULL, status smallint NULL DEFAULT 1, created_at integer NULL, updated_at integer NULL);
