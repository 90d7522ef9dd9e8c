<?php
$config = [
    'people' => [
        'exampleauth:UserPass',
        'jane:secret' => [
            'uid' => ['jane'],
            'mail' => ['jane@idp.example'],
            'givenName' => ['Jane'],
            'sn' => ['Roe'],
            'displayName' => ['Jane Roe'],
        ],
    ],
];
