<?php
$nameId = fn(string $format, string $attribute) => [
    'class' => 'saml:AttributeNameID',
    'attribute' => $attribute,
    'Format' => $format,
];
$metadata['__DYNAMIC:1__'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'idp.key',
    'certificate' => 'idp.crt',
    'auth' => 'people',
    'sign.logout' => true,
    'saml20.sendartifact' => true,
    'SingleSignOnServiceBinding' => [
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
    ],
    'SingleLogoutServiceBinding' => [
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
        'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
    ],
    // Whichever format the request asks for.
    'authproc' => [
        1 => $nameId('urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'uid'),
        2 => $nameId('urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress', 'mail'),
        3 => $nameId('urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified', 'uid'),
    ],
];
