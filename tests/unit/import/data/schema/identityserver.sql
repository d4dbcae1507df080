CREATE TABLE "Clients" (
    "Id" integer NOT NULL PRIMARY KEY,
    "Enabled" boolean NOT NULL,
    "ClientId" varchar(200) NOT NULL,
    "ProtocolType" varchar(200) NOT NULL,
    "RequireClientSecret" boolean NOT NULL,
    "ClientName" varchar(200) NULL,
    "Description" varchar(1000) NULL,
    "ClientUri" varchar(2000) NULL,
    "LogoUri" varchar(2000) NULL,
    "RequireConsent" boolean NOT NULL,
    "AllowRememberConsent" boolean NOT NULL,
    "AlwaysIncludeUserClaimsInIdToken" boolean NOT NULL,
    "RequirePkce" boolean NOT NULL,
    "AllowPlainTextPkce" boolean NOT NULL,
    "RequireRequestObject" boolean NOT NULL,
    "AllowAccessTokensViaBrowser" boolean NOT NULL,
    "FrontChannelLogoutUri" varchar(2000) NULL,
    "FrontChannelLogoutSessionRequired" boolean NOT NULL,
    "BackChannelLogoutUri" varchar(2000) NULL,
    "BackChannelLogoutSessionRequired" boolean NOT NULL,
    "AllowOfflineAccess" boolean NOT NULL,
    "IdentityTokenLifetime" integer NOT NULL,
    "AllowedIdentityTokenSigningAlgorithms" varchar(100) NULL,
    "AccessTokenLifetime" integer NOT NULL,
    "AuthorizationCodeLifetime" integer NOT NULL,
    "ConsentLifetime" integer NULL,
    "AbsoluteRefreshTokenLifetime" integer NOT NULL,
    "SlidingRefreshTokenLifetime" integer NOT NULL,
    "RefreshTokenUsage" integer NOT NULL,
    "UpdateAccessTokenClaimsOnRefresh" boolean NOT NULL,
    "RefreshTokenExpiration" integer NOT NULL,
    "AccessTokenType" integer NOT NULL,
    "EnableLocalLogin" boolean NOT NULL,
    "IncludeJwtId" boolean NOT NULL,
    "AlwaysSendClientClaims" boolean NOT NULL,
    "ClientClaimsPrefix" varchar(200) NULL,
    "PairWiseSubjectSalt" varchar(200) NULL,
    "Created" timestamp NOT NULL,
    "Updated" timestamp NULL,
    "LastAccessed" timestamp NULL,
    "UserSsoLifetime" integer NULL,
    "UserCodeType" varchar(100) NULL,
    "DeviceCodeLifetime" integer NOT NULL,
    "NonEditable" boolean NOT NULL
);
CREATE TABLE "ClientSecrets" ("Id" integer NOT NULL PRIMARY KEY, "ClientId" integer NOT NULL, "Description" varchar(2000) NULL, "Value" varchar(4000) NOT NULL, "Expiration" timestamp NULL, "Type" varchar(250) NOT NULL, "Created" timestamp NOT NULL);
CREATE TABLE "ClientGrantTypes" ("Id" integer NOT NULL PRIMARY KEY, "GrantType" varchar(250) NOT NULL, "ClientId" integer NOT NULL);
CREATE TABLE "ClientRedirectUris" ("Id" integer NOT NULL PRIMARY KEY, "RedirectUri" varchar(2000) NOT NULL, "ClientId" integer NOT NULL);
CREATE TABLE "ClientPostLogoutRedirectUris" ("Id" integer NOT NULL PRIMARY KEY, "PostLogoutRedirectUri" varchar(2000) NOT NULL, "ClientId" integer NOT NULL);
CREATE TABLE "ClientScopes" ("Id" integer NOT NULL PRIMARY KEY, "Scope" varchar(200) NOT NULL, "ClientId" integer NOT NULL);
CREATE TABLE "ClientCorsOrigins" ("Id" integer NOT NULL PRIMARY KEY, "Origin" varchar(150) NOT NULL, "ClientId" integer NOT NULL);
CREATE TABLE "ClientClaims" ("Id" integer NOT NULL PRIMARY KEY, "Type" varchar(250) NOT NULL, "Value" varchar(250) NOT NULL, "ClientId" integer NOT NULL);
CREATE TABLE "PersistedGrants" (
    "Key" varchar(200) NOT NULL PRIMARY KEY,
    "Type" varchar(50) NOT NULL,
    "SubjectId" varchar(200) NULL,
    "SessionId" varchar(100) NULL,
    "ClientId" varchar(200) NOT NULL,
    "Description" varchar(200) NULL,
    "CreationTime" timestamp NOT NULL,
    "Expiration" timestamp NULL,
    "ConsumedTime" timestamp NULL,
    "Data" text NOT NULL
);
CREATE TABLE "AspNetUsers" (
    "Id" varchar(450) NOT NULL PRIMARY KEY,
    "UserName" varchar(256) NULL,
    "NormalizedUserName" varchar(256) NULL,
    "Email" varchar(256) NULL,
    "NormalizedEmail" varchar(256) NULL,
    "EmailConfirmed" boolean NOT NULL,
    "PasswordHash" text NULL,
    "SecurityStamp" text NULL,
    "ConcurrencyStamp" text NULL,
    "PhoneNumber" text NULL,
    "PhoneNumberConfirmed" boolean NOT NULL,
    "TwoFactorEnabled" boolean NOT NULL,
    "LockoutEnd" varchar(40) NULL,
    "LockoutEnabled" boolean NOT NULL,
    "AccessFailedCount" integer NOT NULL
);
CREATE TABLE "AspNetRoles" ("Id" varchar(450) NOT NULL PRIMARY KEY, "Name" varchar(256) NULL, "NormalizedName" varchar(256) NULL, "ConcurrencyStamp" text NULL);
CREATE TABLE "AspNetUserRoles" ("UserId" varchar(450) NOT NULL, "RoleId" varchar(450) NOT NULL);
