//! Products and prices.

use stripe::{ApiErrorsCode, StripeError};
use stripe_product::price::{
    CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval, ListPrice, RetrievePrice,
    UpdatePrice,
};
use stripe_product::product::{CreateProduct, ListProduct, RetrieveProduct};
use stripe_shared::{PriceType, RecurringInterval};
use stripe_types::Currency;

use super::{World, sandbox_on};
use crate::on_both_databases;

fn code<T>(result: Result<T, StripeError>) -> (Option<ApiErrorsCode>, u16) {
    match result {
        Err(StripeError::Stripe(error, status)) => (error.code, status),
        Err(other) => panic!("not in Stripe's shape: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

/// A price of the product `prod_pro`.
fn price(amount: i64) -> CreatePrice {
    CreatePrice::new(Currency::USD)
        .product("prod_pro")
        .unit_amount(amount)
}

async fn product(world: &World) {
    let product = CreateProduct::new("Pro").id("prod_pro");
    product.send(&world.client).await.unwrap();
}

on_both_databases! {
    async fn a_product_has_the_id_it_is_given_once(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        let create = || CreateProduct::new("Pro").id("prod_pro");
        let made = create().send(&world.client).await.unwrap();
        assert_eq!((made.id.as_str(), made.name.as_str(), made.active), ("prod_pro", "Pro", true));
        let again = create().send(&world.client).await;
        assert_eq!(code(again), (Some(ApiErrorsCode::ResourceAlreadyExists), 400));
        let read = RetrieveProduct::new("prod_pro").send(&world.client).await.unwrap();
        assert_eq!(read.name, "Pro");
        CreateProduct::new("Other").active(false).send(&world.client).await.unwrap();
        let active = ListProduct::new().active(true).send(&world.client).await.unwrap();
        assert_eq!(active.data.len(), 1);
        let named = ListProduct::new().ids(vec!["prod_pro".to_owned()]);
        assert_eq!(named.send(&world.client).await.unwrap().data.len(), 1);
    }

    async fn a_price_is_found_by_its_lookup_key(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        product(&world).await;
        let monthly = CreatePriceRecurring::new(CreatePriceRecurringInterval::Month);
        let made = price(1_900).lookup_key("plan_a").recurring(monthly);
        let made = made.send(&world.client).await.unwrap();
        assert_eq!((made.type_, made.unit_amount), (PriceType::Recurring, Some(1_900)));
        assert_eq!(made.recurring.unwrap().interval, RecurringInterval::Month);
        let once = price(500).lookup_key("planxa").send(&world.client).await.unwrap();
        assert_eq!(once.type_, PriceType::OneTime);

        let find = async |keys: &[&str]| {
            let keys: Vec<_> = keys.iter().map(|&key| key.to_owned()).collect();
            let list = ListPrice::new().lookup_keys(keys).product("prod_pro").active(true);
            let list = list.expand(vec!["data.product".to_owned()]);
            list.send(&world.client).await.unwrap().data
        };
        let found = find(&["plan_a"]).await;
        assert_eq!((found.len(), &found[0].id), (1, &made.id));
        assert!(found[0].product.is_object());
        assert_eq!(find(&["plan_a", "planxa"]).await.len(), 2);
        assert_eq!(find(&["nothing"]).await.len(), 0);
        let recurring = ListPrice::new().type_(PriceType::Recurring);
        assert_eq!(recurring.send(&world.client).await.unwrap().data.len(), 1);

        world.advance(1);
        let off = UpdatePrice::new(made.id.clone()).active(false);
        assert!(!off.send(&world.client).await.unwrap().active);
        assert_eq!(find(&["plan_a"]).await.len(), 0);
        assert_eq!(world.told_of(made.id.as_str()).await, ["price.created", "price.updated"]);
    }

    async fn a_lookup_key_moves_only_when_asked(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        product(&world).await;
        let old = price(1_900).lookup_key("plan").send(&world.client).await.unwrap();
        let again = price(2_900).lookup_key("plan").send(&world.client).await;
        assert_eq!(code(again), (Some(ApiErrorsCode::ResourceAlreadyExists), 400));
        let moved = price(2_900).lookup_key("plan").transfer_lookup_key(true);
        let moved = moved.send(&world.client).await.unwrap();
        assert_eq!(moved.lookup_key.as_deref(), Some("plan"));
        let old = RetrievePrice::new(old.id).send(&world.client).await.unwrap();
        assert_eq!(old.lookup_key, None);
    }

    async fn bad_prices_are_refused(ground: TestGround) {
        let world = sandbox_on(ground.db.clone()).await;
        product(&world).await;
        let orphan = CreatePrice::new(Currency::USD).product("prod_none").unit_amount(5);
        let orphan = orphan.send(&world.client).await;
        assert_eq!(code(orphan), (Some(ApiErrorsCode::ResourceMissing), 400));
        for (form, param) in [
            ("currency=usd&unit_amount=5", "product"),
            ("currency=kwd&unit_amount=1005&product=prod_pro", "unit_amount"),
            ("currency=isk&unit_amount=150&product=prod_pro", "unit_amount"),
            ("currency=usd&unit_amount=5&product=prod_pro&recurring[interval]=hour", "recurring[interval]"),
            (
                "currency=usd&unit_amount=5&product=prod_pro&recurring[interval]=year&recurring[interval_count]=4",
                "recurring[interval_count]",
            ),
            ("currency=usd&unit_amount=5&product=prod_pro&tiers_mode=graduated", "tiers_mode"),
        ] {
            let answer = world.post("v1/prices", form, None).await;
            assert_eq!(answer.status, 400, "{form}: {}", answer.text);
            assert_eq!(answer.json()["error"]["param"], param, "{form}");
        }
    }
}
