<?php
// A scenario may want another cipher than the installed class has; see `SimpleSamlPhp.use_cipher`.
$class = getenv('INTEROP_DIR') . '/EncryptedAssertion.php';
if (file_exists($class)) {
    require $class;
}
