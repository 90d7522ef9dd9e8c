//! Stores behind pointers: one rule for all of their traits.

use std::future::Future;
use std::pin::Pin;

/// What an erased store answers with.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Implements a store's trait for references, `Arc` and `Box`, and gives the type that holds any
/// store at all, for those who choose at run time.
///
/// Each method is given once: each argument with its type, and with the same type borrowed for
/// `'a`.
macro_rules! behind_pointers {
    (
        $trait:ident, $(#[$docs:meta])* $any:ident {
            $(fn $method:ident($($name:ident: $type:ty = $borrowed:ty),*) -> $answer:ty;)+
        }
    ) => {
        $crate::pointers::behind_pointers!(@ $trait, &S {
            $(fn $method($($name: $type),*) -> $answer;)+
        });
        $crate::pointers::behind_pointers!(@ $trait, std::sync::Arc<S> {
            $(fn $method($($name: $type),*) -> $answer;)+
        });
        $crate::pointers::behind_pointers!(@ $trait, Box<S> {
            $(fn $method($($name: $type),*) -> $answer;)+
        });

        trait Erased: Send + Sync {
            $(fn $method<'a>(
                &'a self,
                $($name: $borrowed),*
            ) -> $crate::pointers::Answer<'a, $answer>;)+
        }

        impl<S: $trait> Erased for S {
            $(fn $method<'a>(
                &'a self,
                $($name: $borrowed),*
            ) -> $crate::pointers::Answer<'a, $answer> {
                Box::pin($trait::$method(self, $($name),*))
            })+
        }

        $(#[$docs])*
        #[derive(Clone)]
        pub struct $any(std::sync::Arc<dyn Erased>);

        impl $any {
            /// Holds a store; clones share it.
            pub fn new(store: impl $trait + 'static) -> Self {
                Self(std::sync::Arc::new(store))
            }
        }

        impl $trait for $any {
            $(async fn $method(&self, $($name: $type),*) -> $answer {
                self.0.$method($($name),*).await
            })+
        }

        /// A store may hold secrets.
        impl std::fmt::Debug for $any {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($any), "(…)"))
            }
        }
    };
    (@ $trait:ident, $pointer:ty {
        $(fn $method:ident($($name:ident: $type:ty),*) -> $answer:ty;)+
    }) => {
        impl<S: $trait> $trait for $pointer {
            $(fn $method(
                &self,
                $($name: $type),*
            ) -> impl std::future::Future<Output = $answer> + Send {
                S::$method(self, $($name),*)
            })+
        }
    };
}
pub(crate) use behind_pointers;
