<?php
// INTEROP_DIR is the temporary directory of the run, INTEROP_IDP the origin of this server.
$folder = getenv('INTEROP_DIR') . '/';
$config = [
    'baseurlpath' => getenv('INTEROP_IDP') . '/',
    'certdir' => $folder,
    'loggingdir' => $folder,
    'datadir' => $folder,
    'tempdir' => $folder . 'cache',
    'metadatadir' => __DIR__ . '/metadata',
    'secretsalt' => 'interop',
    'auth.adminpassword' => bin2hex(random_bytes(16)),
    'technicalcontact_email' => 'admin@idp.example',
    'timezone' => 'UTC',
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true],
    'trusted.url.domains' => null, // the logout ends at the service provider's origin
    // The page of a refusal says why, and the scenarios look for it.
    'showerrors' => true,
    'errorreporting' => false,
    'logging.handler' => 'file',
    'logging.level' => 5,
    'store.type' => 'sql', // PHP's own sessions cannot keep artifacts
    'store.sql.dsn' => 'sqlite:' . $folder . 'store.sqlite',
    'session.cookie.secure' => false, // there is no TLS on the loopback interface
    'session.cookie.samesite' => 'Lax',
    'language.available' => ['en'],
    'language.default' => 'en',
    'production' => true,
    'metadata.sources' => [['type' => 'flatfile']],
];
