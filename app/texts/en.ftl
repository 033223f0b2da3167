# Atelier, English.
#
# Numbers arrive formatted as strings ($n, $amount, $left …); where a word depends on the number, the bare
# number comes beside it as $count. Money ($price, $amount in pay-…) arrives formatted with its currency, dates formatted.
# Texts that the browser fills in (bar-toast-…) are rendered with "{n}", "{balance}" as the argument.

-brand = Atelier

## Common

common-title = { $page } · { -brand }
common-description = { -brand } puts a garment on a photo of a person. Prepaid credits, a balance that is always right, and pictures that fail cost nothing.
common-skip = Skip to the content
common-sandbox = Sandbox: no real money moves.
common-sandbox-more = What is this?
common-credits = { $count ->
    [one] { $n } credit
   *[other] { $n } credits
}
common-trials = { $count ->
    [one] { $n } free trial
   *[other] { $n } free trials
}
common-unlimited = Unlimited
common-close = Close
common-optional = optional
common-page-next = Next
common-pages = Pages
common-follows = This page looks again every few seconds until the work is done.
common-stay = Stay on it as it is
common-or = or
common-look-again = Look again
common-offline = No connection. The figures on this page may be old; they catch up by themselves when you are back.
common-errors-heading = { $count ->
    [one] One thing needs your attention
   *[other] { $n } things need your attention
}

## Bar on top

bar-label = Main
bar-home = { -brand }, home
bar-brand = { -brand }
bar-try-on = Try-on
bar-video = Video
bar-dashboard = Dashboard
bar-payments = Payments
bar-statement = Statement
bar-account = Account
bar-prices = Prices
bar-sign-in = Sign in
bar-sign-up = Create account
bar-sign-out = Sign out
language-name = English
language-switch = Switch to English
bar-credits = credits
bar-unit = { $count ->
    [one] credit
   *[other] credits
}
bar-recharge = Recharge
bar-toasts = Messages
bar-toast-credited = { $n } credits added. You now have { $balance }.
bar-toast-taken = { $n } credits were taken off. You now have { $balance }.
bar-toast-succeeded = { $tool ->
    [video] Your video is ready.
   *[other] Your picture is ready.
}
bar-toast-failed = { $tool ->
    [video] A video could not be made. It cost nothing.
   *[other] A picture could not be made. It cost nothing.
}
bar-toast-cancelled = { $tool ->
    [video] The video was cancelled. It cost nothing.
   *[other] The picture was cancelled. It cost nothing.
}
bar-toast-see = See it
bar-toast-signed-out = You have been signed out.
bar-toast-reload = Sign in again
bar-toast-close = Close this message

## Footer

foot-label = More
foot-terms = Terms
foot-privacy = Privacy
foot-tagline = An AI studio with an honest till.
foot-seller = Sold by { $seller }

## Home

home-page = Virtual try-on with prepaid credits
home-title = Try it on in a picture.
home-lead = Give { -brand } a photo of a person and a photo of a garment, and get back one of the two together. You pay with credits; a picture that fails costs nothing.
home-start = Create an account
home-start-note = New accounts begin with { $credits } credits and { $trials } free trials. No card needed.
home-start-note-verified = Confirm your e-mail address and begin with { $credits } credits and { $trials } free trials. No card needed.
home-sign-in = I have an account
home-picture-person = A person before the try-on
home-picture-garment = The garment on its own
home-picture-result = The same person wearing the garment
home-caption-person = Your photo
home-caption-garment = The garment
home-caption-result = What you get
home-welcome = Good to see you, { $name }.
home-welcome-anonymous = Good to see you.
home-welcome-lead = You can make { $n } more { $count ->
    [one] try-on
   *[other] try-ons
} right now.
home-welcome-lead-unlimited = Your plan gives you unlimited try-ons.
home-welcome-lead-none = You have no try-ons left.
home-go-try-on = Make a try-on
home-go-video = Make a video
home-go-dashboard = Open the dashboard
home-how-title = How it goes
home-how-photo-title = Choose a photo of a person
home-how-photo-text = Standing, facing the camera, in good light. Or begin with one of our samples.
home-how-garment-title = Add the garment
home-how-garment-text = A product photo, flat or on a hanger, or worn by somebody else. Tops, bottoms and one-piece.
home-how-result-title = Compare and download
home-how-result-text = Slide between before and after, download the picture, or try the next garment.
home-till-title = A balance you can trust
home-till-fresh-title = Always the true figure
home-till-fresh-text = Every page reads your balance at the moment you open it, and open pages follow by themselves, in every tab.
home-till-failed-title = Failed work costs nothing
home-till-failed-text = Credits are set aside when work starts. They come back on their own if it does not succeed.
home-till-explained-title = Every credit explained
home-till-explained-text = Your statement lists each change: what, why, when, and the balance after it. Download it as a spreadsheet.
home-prices-title = Prices
home-prices-lead = One try-on costs { $try_on }. Credits you buy do not expire.
home-prices-plans = Or take a plan, which pays for your try-ons each month before any credits are touched.
home-prices-all = See all prices and buy

## Signing in and up (also fields used elsewhere)

auth-sign-up-page = Create an account
auth-sign-up-title = Create an account
auth-sign-up-lead = { $credits } credits and { $trials } free trials are yours to begin with.
auth-sign-up-button = Create account
auth-sign-up-pending = Creating your account…
auth-sign-up-have = Already have an account?
auth-sign-up-terms = By creating an account you accept the { $terms } and the { $privacy }.
auth-sign-in-page = Sign in
auth-sign-in-title = Welcome back
auth-sign-in-button = Sign in
auth-sign-in-pending = Signing in…
auth-sign-in-new = New here?
auth-sign-in-wrong = The e-mail address and password do not match an account. Check both and try again.
auth-sign-in-limited = Too many attempts. Please wait { $minutes } { $count ->
    [one] minute
   *[other] minutes
}, then try again. Nothing is wrong with your account.
auth-sign-in-first = Please sign in to go on. You will come back to where you were.
auth-sign-in-paid = Please sign in to see your payment. It is credited in any case.
auth-sign-in-demo = Sandbox account: { $email }, password { $password }
auth-email = E-mail address
auth-password = Password
auth-password-new = New password
auth-password-hint = At least { $n } characters. A short sentence works well.
auth-name = Name
auth-name-hint = How we greet you. You can leave it empty.
auth-forgot-link = Forgot your password?
auth-forgot-page = Forgot your password
auth-forgot-title = Choose a new password
auth-forgot-lead = Tell us your e-mail address and we send you a link that works for { $minutes } minutes.
auth-forgot-button = Send me the link
auth-forgot-pending = Sending…
auth-forgot-sent-page = Check your mail
auth-forgot-sent-title = Check your mail
auth-forgot-sent-text = If { $email } has an account here, a link is on its way. It works once, for { $minutes } minutes.
auth-forgot-sent-none = Nothing there after a few minutes? Look into the spam folder, or check the address and try again.
auth-forgot-sent-sandbox = Read the sandbox mail
auth-forgot-again = Use another address
auth-reset-page = New password
auth-reset-title = Set your new password
auth-reset-lead = Afterwards you are signed out everywhere and sign in with the new password.
auth-reset-button = Save the new password
auth-reset-pending = Saving…
auth-reset-done = Your new password is set. Please sign in with it.
auth-reset-bad-page = This link does not work
auth-reset-bad-title = This link does not work any more
auth-reset-bad-text = It has been used already or is too old. If you have not chosen a new password with it, ask for another link.
auth-reset-bad-button = Get a new link
auth-verify-page = Address confirmed
auth-verify-title = Your address is confirmed
auth-verify-text = Thank you. We can now reach you at this address.
auth-verify-button = Go to the dashboard
auth-verify-bad-page = This link does not work
auth-verify-bad-title = This link does not work any more
auth-verify-bad-text = It has been used already or is too old. If your address is still unconfirmed, ask for a new link on the account page.
auth-verify-bad-button = Open the account page
auth-change-page = Confirm your new address
auth-change-title = Use this address from now on?
auth-change-lead = Your account will have the address { $email }. You sign in with it, and our letters go there.
auth-change-button = Use this address
auth-change-pending = Changing…
auth-change-taken = This address has got an account of its own meanwhile, so yours keeps the one it has.
auth-change-done-page = Address changed
auth-change-done-title = Your address is changed
auth-change-done-text = From now on you sign in with it. You stay signed in wherever you are.
auth-change-done-button = Open the account page
auth-change-bad-page = This link does not work
auth-change-bad-title = This link does not work any more
auth-change-bad-text = It has been used, is too old, or something that ends it was done since: a new password, or another change of address. Your address is what the account page says.
auth-sign-out-pending = Signing out…

## Messages at a field

field-email-invalid = This does not look like an e-mail address. It needs an @ and a domain, like mei@example.com.
field-email-taken = There is an account with this address already.
field-email-taken-link = Sign in instead
field-password-short = At least { $n } characters, please.
field-amount-range = Between { $min } and { $max } yuan, please.
field-person-missing = Choose a photo of a person, or one of the samples.
field-garment-missing = Choose a photo of a garment, or one of the samples.
field-picture-too-large = This picture is larger than { $limit }. Please choose a smaller one.
field-picture-type = Only JPEG, PNG and WebP pictures work here.
field-picture-broken = This file could not be read as a picture. It may be damaged.
field-picture-missing = Choose a picture to begin with, or one of the samples.
field-prompt-missing = Describe what should happen.
field-prompt-long = At most { $n } characters, please.
field-picture-animated = This picture moves. Please choose a still one.
field-picture-too-small = This picture is too small: each side needs at least { $n } pixels.
field-picture-too-many-pixels = This picture has too many pixels. Up to { $millions } million work here, and sides of up to { $side }; please make it smaller.
field-unknown-item = This item is not on sale any more. Please choose another.

## Dashboard

dash-page = Dashboard
dash-title = Dashboard
dash-title-name = Hello, { $name }
dash-uses = Try-ons left
dash-uses-credits = { $n } from credits
dash-uses-plan = { $n } from your plan
dash-uses-plan-unlimited = from your plan
dash-make = Make a try-on
dash-recharge = Recharge
dash-first-title = Everything is ready
dash-first-text = Your account starts with { $credits } and { $trials }. Choose two pictures and see what comes back; our samples do for a first go.
dash-empty-title = Nothing left to spend
dash-empty-text = You have used all your credits and free trials. The smallest pack gives { $credits } for { $price }.
dash-debt-title = { $count ->
    [one] Your account is { $n } credit short
   *[other] Your account is { $n } credits short
}
dash-debt-text = A payment was returned after its credits had been spent. Credits you buy or get back settle this first. Free trials and plan uses still work.
dash-frozen-title = { $count ->
    [one] { $n } credit is on hold
   *[other] { $n } credits are on hold
}
dash-frozen-text = The payment they came from is being disputed. They are free again if it stands, and are taken back if its money is returned.
stopped-title = Spending is paused
stopped-short = Spending is paused while we look at your account. Your credits are safe.
stopped-text = Spending is paused while we look at your account. Your credits are safe. Write to { $contact }.
dash-plan-unpaid-title = Your plan’s renewal is not paid yet
dash-plan-rests-title = Your plan is paused: its renewal was not paid
dash-plan-ends-title = { $plan } ends on { $date }
dash-plan-ends-text = Until then everything stays as it is. Credits you bought stay yours.
dash-verify-title = Confirm your address
dash-verify-text = We sent a link to { $email }. Open it so that you can always get back into your account.
dash-verify-text-credits = We sent a link to { $email }. Open it and { $credits } credits are added to your account.
dash-verify-resend = Send it again
dash-verify-sent = A new link is on its way.
dash-credits-title = Credits
dash-remaining = Remaining
dash-total = Received in all
dash-used = Used
dash-held = Set aside for running work
dash-frozen = Frozen
dash-removed = Removed or expired
dash-debt = Owed
dash-trials = Free trials left
dash-trials-of = of { $n }
dash-plan = Plan
dash-plan-none = No plan
dash-plan-see = See the plans
dash-plan-manage = Manage the plan
dash-plan-unpaid = Its renewal is not paid yet; it serves until { $date }.
dash-plan-ends = Ends on { $date }.
dash-sum-title = How these figures add up
dash-sum-given = Received in all: { $initial } of these at the start, { $bonus } of these as a bonus.
dash-sum-link = Every change is in your statement
dash-charts-title = The last 30 days
dash-chart-used = Credits used per day
dash-chart-used-label = Credits used per day in the last 30 days: { $n } in all.
dash-chart-used-none = No credits used in the last 30 days.
dash-chart-balance = Balance at the end of each day
dash-chart-balance-label = Balance at the end of each day of the last 30: { $first } at first, { $last } now.
dash-chart-day = { $day }: { $n }
chart-none = none
dash-chart-table = The same as a table
dash-chart-date = Day
dash-chart-received = Came in
dash-jobs-title = Recent work
dash-jobs-all = See all
dash-jobs-none = Your pictures and videos will stand here.

## Payments

pay-page = Payments
pay-title = Payments
pay-lead = Buy credits once and use them whenever you like, or take a plan for your try-ons.
pay-balance = Your balance
pay-balance-debt = { $count ->
    [one] Of what you buy, { $n } credit settles what your account is short.
   *[other] Of what you buy, { $n } credits settle what your account is short.
}
pay-packs-title = Packs
pay-pack-credits = credits
pay-pack-bonus = with { $n } bonus
pay-pack-each = { $price } per credit
pay-pack-tryons = for { $n } { $count ->
    [one] try-on
   *[other] try-ons
}
pay-pack-buy = Buy for { $price }
pay-pack-buy-label = Buy for { $price }: { $pack }, { $n } credits
pay-pack-pending = Opening the checkout…
pay-pack-best = Lowest price per credit
pay-topup-title = Your own amount
pay-topup-lead = In yuan: ¥1 gives { $rate } credits, from { $min } to { $max }.
pay-topup-open = Choose an amount
pay-topup-window = Recharge in yuan
pay-topup-quick = Quick choices
pay-topup-quick-buy = Pay { $price }
pay-topup-amount = Another amount
pay-topup-amount-hint = Whole yuan, from { $min } to { $max }
pay-topup-gives = gives
pay-topup-buy = Go to the checkout
pay-topup-pending = Opening the checkout…
pay-provider = You pay on the page of { $provider }. We never see your card.
pay-with = Pay with { $provider }
pay-with-label = Pay with { $provider }: { $what }
pay-agree-credits = By buying you accept the { $terms } and ask us to begin at once. In the European Union, the right to withdraw then ends for the credits you have used.
pay-agree-plan = By subscribing you accept the { $terms } and ask us to begin at once. In the European Union, if you withdraw, you pay for what you have used. A plan renews by itself until you end it, which you can do here at any time.
pay-agree-terms = terms (version { $version })
pay-tax-inclusive = Prices include tax.
pay-tax-exclusive = Tax is added at the checkout.
pay-plans-title = Plans
pay-plans-lead = A plan pays for your try-ons first. Once its try-ons are used up, your credits pay, then your free trials. A plan never touches credits you bought.
pay-plan-price-month = { $price } a month
pay-plan-price-year = { $price } a year
pay-plan-each-month = a month
pay-plan-each-year = a year
pay-plan-quota-month = { $count ->
    [one] { $n } try-on a month
   *[other] { $n } try-ons a month
}
pay-plan-quota-year = { $count ->
    [one] { $n } try-on a year
   *[other] { $n } try-ons a year
}
pay-plan-unlimited = Unlimited try-ons
pay-plan-no-video = Video is not included
pay-plan-subscribe = Subscribe
pay-plan-subscribe-label = Subscribe to { $plan } for { $price }
pay-plan-left = { $plan } has been ended and serves until { $date }.
pay-own-title = Your plan
pay-own-used = { $count ->
    [one] { $used } of { $quota } try-on used in this period
   *[other] { $used } of { $quota } try-ons used in this period
}
pay-own-used-unlimited = { $count ->
    [one] { $n } try-on made in this period
   *[other] { $n } try-ons made in this period
}
pay-own-renews = Renews on { $date }.
pay-own-renews-for = Renews on { $date } for { $price }.
pay-own-renews-as = From { $date } it goes on as { $plan } for { $price }.
pay-own-ends = Ends on { $date }. Nothing more is charged, and credits you bought stay yours.
pay-own-unpaid = The period ended on { $date }, and the next one is not paid yet. The plan serves until { $until } (UTC). If your card was declined, set another one under “Cards and invoices”.
pay-own-rests = The last renewal was not paid, so the plan serves nothing just now. It goes on as soon as the bill is paid under “Cards and invoices”.
pay-own-waits = Your plan is being updated. This page changes by itself when that is done.
pay-own-portal = Cards and invoices
pay-own-portal-pending = Opening…
pay-own-pending = One moment…
pay-own-others = Change to another plan
pay-own-end = End this plan
pay-own-end-sure = The plan serves until { $date } and then ends. Nothing more is charged, credits you bought stay yours, and until that day you can take the plan up again.
pay-own-end-button = End it on that day
pay-own-resume = Take the plan up again
pay-own-up = Move up
pay-own-up-sure = You have { $plan } at once. The difference for the rest of this period is charged now to the card of your plan; try-ons you have made stay counted. From the next period on it is { $price }.
pay-own-up-button = Move up to { $plan } now
pay-own-stay = Stay on it
pay-own-stay-sure = The change is taken back: from the next period on you go on with { $plan } for { $price }. Nothing is charged now.
pay-own-stay-button = Stay on { $plan }
pay-own-down = Move down
pay-own-down-sure = You keep what you have paid for until this period ends. Nothing is charged now; from the next period on you have { $plan } for { $price }.
pay-own-down-button = Move down to { $plan }
pay-refund-pending = Refund of { $amount } on { $date }: on its way to you.
pay-refund-succeeded = Refund of { $amount } on { $date }: sent. Your bank may take some days to show it.
pay-refund-failed = Refund of { $amount } on { $date }: failed, the money did not reach you. The credits it took are back in your account.
pay-refund-failed-plan = Refund of { $amount } on { $date }: failed, the money did not reach you. What you paid for counts again.
pay-dispute-open = Dispute of { $amount }, opened on { $date }: not decided yet. Until then the credits of this purchase cannot be used.
pay-dispute-open-plan = Dispute of { $amount }, opened on { $date }: not decided yet.
pay-dispute-won = Dispute of { $amount }, opened on { $date }: closed, the payment stands. The credits of this purchase are free again.
pay-dispute-won-plan = Dispute of { $amount }, opened on { $date }: closed, the payment stands.
pay-dispute-lost = Dispute of { $amount }, opened on { $date }: closed, the money went back to the payer. The credits it bought were taken back.
pay-dispute-lost-plan = Dispute of { $amount }, opened on { $date }: closed, the money went back to the payer. The period it paid for has ended.
pay-held-back = We have your payment, but something about it does not fit this order, so nothing has been added yet. We look at it. If you write to { $contact }, name payment { $id }.
pay-held-surplus = You had a plan already, so this second one was ended. Its money goes back to you by itself.
pay-history-title = Payment history
pay-history-none = No payments yet. What you buy will be listed here, with its receipt.
pay-history-date = Date
pay-history-item = Item
pay-history-credits = Credits
pay-history-amount = Amount
pay-history-status = Status
pay-history-method = Paid with
pay-history-difference = Difference after moving up
pay-history-receipt = Receipt
pay-history-receipt-label = Receipt of { $date } for { $amount }
pay-history-continue = Continue
pay-history-again = Try again
pay-item-top-up = Your own amount
pay-method-card = Card
pay-method-alipay = Alipay
pay-method-wechat-pay = WeChat Pay
pay-method-bank = Bank transfer
pay-method-other = Other
pay-status-pending = Waiting for payment
pay-status-completed = Completed
pay-status-failed = Failed
pay-status-cancelled = Expired
pay-status-partially-refunded = Partly refunded
pay-status-refunded = Refunded
pay-status-disputed = In dispute
pay-plan-has-one = You have a plan already, so nothing was bought. You can change your plan below.
pay-plan-none = There is no plan to change any more. Nothing was charged.
pay-plan-changed = Your plan is changed. What you have now and what follows stands below.
pay-plan-ends = Your plan ends with this period. Until then everything stays as it is, and you can take it up again.
pay-plan-goes-on = Your plan goes on and renews as before.
pay-plan-refused = The payment service did not agree to this change. Nothing was changed or charged. Please check your card under “Cards and invoices”.
pay-plan-unknown = The payment service did not answer in time, so we do not know yet whether your plan was changed. Please look here again in a minute before you try once more.
pay-portal-verify = Please verify your e-mail address first: that is how this payment service knows you.
pay-error-unavailable = The payment service does not answer just now. Nothing was charged. Please try again in a minute.

## Success page

success-page = Payment received
success-title = Thank you. Your credits are here.
success-title-plan = Thank you. Your plan has begun.
success-text-plan = { $price } paid. Your try-ons are paid by the plan from now on.
success-plan-quota = What it gives
success-plan-renews = Renews on
success-plan-ends = Ends on
success-text = { $n } { $count ->
    [one] credit was
   *[other] credits were
} added for { $price }.
success-text-bonus = { $n } { $count ->
    [one] credit was
   *[other] credits were
} added for { $price }, { $bonus } of them as a bonus.
success-balance = Your balance
success-receipt = Open the receipt
success-leave = You go on to the dashboard in { $seconds } seconds.
success-leave-counted = You go on to the dashboard in { $n } s.
success-stay = Stay here
success-dashboard = Go to the dashboard
success-try-on = Make a try-on
success-draft-title = What you had ready is still here
success-draft-text = Go on where you left off.
success-draft-button = { $tool ->
    [video] Go on with my video
   *[other] Go on with my try-on
}
success-updating-page = Credits are being updated
success-updating-page-plan = Plan is being updated
success-updating-title = Your credits are being updated
success-updating-title-plan = Your plan is being updated
success-updating-text-delayed = Your bank is still confirming this payment. The credits arrive as soon as it has, and we show it on every open page.
success-updating-text-unknown = The payment service has not answered yet. If you have paid, the credits are added by themselves, and this page changes when they are.
success-updating-text-delayed-plan = Your payment is still being confirmed. The plan begins as soon as it is, and we show it on every open page.
success-updating-text-unknown-plan = The payment service has not answered yet. If you have paid, the plan begins by itself, and this page changes when it does.
success-updating-status = Being updated
success-updating-next-title = It takes a little longer
success-updating-next = Nothing is lost and there is nothing you must do. We look again by ourselves, and the credits are added as soon as the payment is confirmed, even with this page closed. If they are not here tomorrow, write to { $contact } and name payment { $id }.
success-updating-next-plan = Nothing is lost and there is nothing you must do. We look again by ourselves, and the plan begins as soon as the payment is confirmed, even with this page closed. If it has not begun tomorrow, write to { $contact } and name payment { $id }.
success-updating-again = Look again
success-unpaid-page = Not paid yet
success-unpaid-title = Nothing has been paid yet
success-unpaid-text = This checkout is still open. As soon as you have paid, the credits are added.
success-failed-page = Payment failed
success-failed-title = The payment did not go through
success-unpaid-text-plan = This checkout is still open. As soon as you have paid, your plan begins.
success-failed-text = Nothing was charged and nothing was added.
success-failed-again = Try again for { $price }
success-failed-other = Choose something else
success-expired-page = Checkout expired
success-expired-title = This checkout has expired
success-expired-text = It was open for an hour without a payment. Nothing was charged.
success-surplus-page = You have a plan already
success-surplus-title = You have a plan already
success-surplus-status = Goes back to you
success-surplus-text = While you paid for this one, another plan of yours had begun. You keep that one; this second plan was ended at once, and its money goes back to the card it came from, by itself. There is nothing you must do.
success-missing-page = Payment not found
success-missing-title = We cannot find this payment
success-missing-text = The link may be incomplete, or it belongs to another account. What you have paid is credited in any case.
success-missing-button = See my payments

## Receipt

receipt-page = Receipt
receipt-title = Receipt
receipt-sandbox = Made in the sandbox: no real money moved, and this is no document for any tax office.
receipt-number = Number
receipt-date = Paid on
receipt-paid-with = Paid with
receipt-payment = Payment
receipt-seller = Seller
receipt-buyer = Buyer
receipt-tax-id = Tax ID { $id }
receipt-period = Period { $from } to { $to }
receipt-difference = The difference for the rest of a period, after moving up
receipt-tax = Tax
receipt-discount = Discount
receipt-total = Total paid
receipt-refund = Refund of { $date }
receipt-refund-pending = Refund of { $date }, on its way
receipt-dispute = Returned after a dispute of { $date }
receipt-kept = Paid after returns
receipt-merchant = { $provider } is the merchant of record of this sale. Its own invoice is the one that counts for tax.
receipt-provider = Open the receipt of { $provider }
receipt-print = To print it or keep it as PDF, use your browser’s print command (Ctrl+P, or ⌘P on a Mac). Only the receipt is printed.
receipt-back = All my payments

## Cancelled page

cancelled-page = Payment not finished
cancelled-title = No payment was made
cancelled-text = You came back before paying. Nothing was charged.
cancelled-text-open = The checkout stays open for an hour, should you change your mind.
cancelled-continue = Continue this checkout
cancelled-other = Choose something else
cancelled-dashboard = Go to the dashboard

## Try-on

tryon-page = Try-on
tryon-title = Make a try-on
tryon-lead = Two pictures in, one picture out. JPEG, PNG or WebP, up to { $limit } each.
tryon-person = The person
tryon-person-hint = Facing the camera, arms visible, in good light.
tryon-garment = The garment
tryon-garment-hint = A product photo, or worn by somebody else.
tryon-choose = Choose a photo
tryon-choose-other = Choose another photo
tryon-drop = or drop it here
tryon-samples = Or begin with a sample
tryon-sample-own = My own photo
tryon-sample-ada = Ada, standing
tryon-sample-noor = Noor, standing
tryon-sample-tee = T-shirt
tryon-sample-stripes = Striped top
tryon-sample-dress = Dress
tryon-sample-trousers = Trousers
tryon-preview-person = Preview of the person
tryon-preview-garment = Preview of the garment
tryon-category = Kind of garment
tryon-category-auto = Detect for me
tryon-category-tops = Top
tryon-category-bottoms = Bottom
tryon-category-one-piece = One-piece
studio-provider-sandbox = this site’s own sandbox
tryon-consent = By sending pictures you say that this is you, or that you may use them. They go to { $provider } to make the picture, are seen by nobody else, and the originals are deleted after { $days } days.
consent-again = What sending pictures means
tryon-cost-title = What it costs
tryon-cost-credits = { $count ->
    [one] { $n } credit of your { $left }
   *[other] { $n } credits of your { $left }
}
tryon-cost-plan = One of the { $left } try-ons left in your plan
tryon-cost-plan-unlimited = Included in your plan
tryon-cost-trial = One of your { $left } free trials
tryon-cost-trial-last = Your last free trial
tryon-cost-promise = It is only taken when the picture succeeds.
tryon-button = Make the picture
tryon-pending = Sending your pictures…
tryon-upload = Sending
tryon-upload-failed = We do not know whether your pictures arrived. Check your connection and press the button again: the same pictures are not charged twice.
tryon-none-title = No try-ons left
tryon-none-text = A try-on costs { $cost } and you have { $left }.
tryon-none-debt = Your account is { $debt } short, which a purchase settles first.
tryon-none-button = Recharge
order-keep-and-buy = Keep what I chose and recharge
tryon-none-quick = { $pack }: { $credits } for { $price }
tryon-none-kept = Your pictures are kept privately for { $hours } hours, so you can go on after buying.
tryon-draft-title = Your pictures from before are still here
tryon-draft-use = Make the picture from them
tryon-draft-discard = Discard them
tryon-unavailable = The studio does not answer just now. Nothing was charged. Please try again in a few minutes.
tryon-earlier = The photo from before
tryon-camera = Use the camera

## Video

video-page = Video
video-title = Make a video
video-lead = { $ways ->
    [picture] A picture that begins to move. JPEG, PNG or WebP, up to { $limit }.
    [prompt] A few words become a short film, with or without a picture to begin with.
   *[any] A few words, a picture, or both become a short film. Pictures as JPEG, PNG or WebP, up to { $limit }.
}
video-prompt = What should happen
video-prompt-hint = Who or what, how it moves, the light, the camera.
video-prompt-example = She turns to the camera and smiles; slow zoom, evening light.
video-picture = The picture it begins with
video-picture-hint = The film starts with it, cut to the shape you choose.
video-preview = Preview of the picture
video-aspect = Shape
video-aspect-tall = Tall, 9:16
video-aspect-wide = Wide, 16:9
video-aspect-square = Square, 1:1
video-seconds = Length
video-seconds-choice = { $n } seconds
video-consent = By sending a picture you say that you may use it. Picture and words go to { $provider } to make the video, are seen by nobody else, and the originals are deleted after { $days } days.
video-cost-promise = It is only taken when the video succeeds.
video-button = Make the video
video-pending = Sending…
video-none-title = Not enough credits for a video
video-none-text = A video costs { $cost } and you have { $left }. Trials and plans are for try-ons.
video-draft-title = What you wanted made is still here
video-draft-use = Make the video
video-unavailable = No video can be made just now. Nothing was charged. Please try again in a few minutes.

## Jobs

job-page-queued = Waiting
job-page-running = In the making
job-page-succeeded = { $tool ->
    [video] Your video
   *[other] Your picture
}
job-page-failed = { $tool ->
    [video] No video
   *[other] No picture
}
job-page-cancelled = Cancelled
job-gallery-page = Gallery
job-gallery-title = What you made
job-gallery-none-title = Nothing here yet
job-gallery-none-text = Make your first try-on or video; it will stand here for you to download.
job-gallery-none-filtered = Nothing of this kind.
job-gallery-show = Show
job-gallery-all = Everything
job-gallery-pictures = Pictures
job-gallery-videos = Videos
job-gallery-done = Finished
job-gallery-failed = Failed
job-tool-try-on = Try-on
job-tool-video = Video
job-state-queued = Waiting
job-state-running = In the making
job-state-succeeded = Done
job-state-failed = Failed
job-state-cancelled = Cancelled
job-queued-title = { $tool ->
    [video] Your video is in line
   *[other] Your picture is in line
}
job-queued-text = { $tool ->
    [video] It starts as soon as a place is free. You can close this page; the video will be in your gallery.
   *[other] It starts as soon as a place is free. You can close this page; the picture will be in your gallery.
}
job-running-title = { $tool ->
    [video] Your video is being made
   *[other] Your picture is being made
}
job-running-text = { $tool ->
    [video] A video takes a while longer than a picture. You can close this page; it will be in your gallery.
   *[other] You can close this page; the picture will be in your gallery.
}
job-progress = Progress
job-cancel = Cancel
job-cancel-pending = Cancelling…
job-cancel-late = { $tool ->
    [video] You asked to cancel, but the studio had it in hand already, so you get the video.
   *[other] You asked to cancel, but the studio had it in hand already, so you get the picture.
}
job-cancel-requested = { $tool ->
    [video] You asked to cancel. The studio cannot always stop; if it finishes anyway, you get the video.
   *[other] You asked to cancel. The studio cannot always stop; if it finishes anyway, you get the picture.
}
job-paid-trial = A free trial
job-paid-plan = Your plan
job-returned-credits = { $count ->
    [one] { $n } credit returned
   *[other] { $n } credits returned
}
job-returned-trial = Free trial returned
job-returned-plan = Plan use returned
job-succeeded-title = Here it is
job-before = Before
job-after = After
job-before-alt = The photo before
job-after-alt = The picture with the garment on
job-picture-alt = The picture it begins with
job-video-label = The video
job-garment-alt = The garment
job-compare = Move between before and after
job-download = Download
job-again = { $tool ->
    [video] Make another video
   *[other] Try another garment
}
job-retry-other = { $tool ->
    [video] Change what is asked for
   *[other] Choose other pictures
}
job-delete = Delete
job-delete-pending = Deleting…
job-deleted = Deleted.
job-undo = Undo
job-undo-pending = Bringing it back…
job-restored = It is back.
job-rerun = Make it again ({ $cost })
job-rerun-pending = Sending…
job-originals-gone = The pictures this was made from are no longer kept. Please choose them again.
job-animate = Make a video of it
job-made = Made
job-started = Started
job-kind = Kind
job-prompt = Described as
job-shape = Shape and length
job-shape-text = { $aspect }, { $seconds } s
job-held = Set aside
job-paid = Paid with
job-id = Number
job-preview-note = { $tool ->
    [video] Sandbox preview: a simple camera move stands in for the studio.
   *[other] Sandbox preview: a simple collage stands in for the studio.
}
job-failed-title = This one did not work out
job-cancelled-title = Cancelled
job-cancelled-text = { $tool ->
    [video] No video was made.
   *[other] No picture was made.
}
job-error-image-load = { $tool ->
    [video] The picture could not be opened. Save it again as JPEG or PNG and try once more.
   *[other] One of the pictures could not be opened. Save it again as JPEG or PNG and try once more.
}
job-error-content-moderation = { $tool ->
    [video] The studio does not work with this picture or these words. Please choose others.
   *[other] The studio does not work with one of these pictures. Please choose others.
}
job-error-pose = No person could be made out clearly. A photo of one person facing the camera works best.
job-error-input-validation = { $tool ->
    [video] The studio could not use this picture or these words as they are. Please change them.
   *[other] The studio could not use these pictures as they are. Please choose others.
}
job-error-internal = The studio had a fault of its own. Please try again a little later.
job-error-timeout = It took too long and we stopped waiting.
job-error-no-verdict = The studio never told us how it ended, so we count it as failed.
job-error-result-unavailable = { $tool ->
    [video] The video was made but could not be fetched from the studio.
   *[other] The picture was made but could not be fetched from the studio.
}
job-error-rejected = The studio refused this job.
job-error-unknown = It failed for a reason the studio does not name.
job-error-free = It cost you nothing.

## Statement

statement-page = Statement
statement-title = Statement
statement-lead = Every change of your credits, newest first.
statement-filter-kind = Kind
statement-filter-all = All
statement-filter-from = From
statement-filter-to = To
statement-filter-button = Show
statement-filter-clear = Show everything
statement-csv = Download as CSV
statement-print-note = Statement of { $email }, { $date }
statement-date = Date (UTC)
statement-what = What
statement-kind = Kind
statement-amount = Change
statement-balance = Balance
statement-lots = From
statement-none = No entries yet.
statement-none-filtered = No entries match this filter.
statement-kind-grant = Received
statement-kind-hold = Set aside
statement-kind-capture = Used
statement-kind-release = Returned
statement-kind-deduct = Deducted
statement-kind-take-back = Taken back
statement-kind-expire = Expired
statement-kind-freeze = Put on hold
statement-kind-unfreeze = Freed
statement-kind-closed = Closed
statement-kind-debt = Owed
statement-kind-debt-paid = Shortfall settled
statement-reason-initial = Initial credits
statement-reason-purchase = Purchase: { $item }
statement-reason-bonus = Bonus: { $item }
statement-reason-try-on-hold = Try-on started
statement-reason-try-on-done = Try-on done
statement-reason-try-on-returned = Try-on not made, returned
statement-reason-video-hold = Video started
statement-reason-video-done = Video done
statement-reason-video-returned = Video not made, returned
statement-reason-plan-hold = Try-on started, paid by your plan
statement-reason-plan-done = Try-on done, paid by your plan
statement-reason-plan-returned = Try-on not made, its plan use returned
statement-reason-trial-hold = Try-on started, paid with a free trial
statement-reason-trial-done = Try-on done, paid with a free trial
statement-reason-trial-returned = Try-on not made, its free trial returned
statement-reason-expired = Not used in time
statement-reason-take-back = Money returned: { $item }
statement-reason-take-back-undone = Money not returned after all: { $item }
statement-reason-freeze = Payment in dispute: { $item }
statement-reason-unfreeze = Dispute over: { $item }
statement-reason-debt = Credits already spent: { $item }
statement-reason-debt-paid = Settled from new credits
statement-reason-operator-add = Added by the operator: { $reason }
statement-reason-operator-deduct = Deducted by the operator: { $reason }
statement-reason-own-deduct = Deducted by you: { $reason }
statement-reason-no-note = no note
statement-lot-initial = initial
statement-lot-purchase = bought
statement-lot-bonus = bonus
statement-lot-grant = given
statement-lot-part = { $n } { $source }

## Account

account-page = Account
account-title = Account
account-profile = Profile
account-name-save = Save the name
account-name-pending = Saving…
account-saved = Saved.
account-email-verified = confirmed
account-email-unverified = not confirmed yet
account-email-resend = Send the link again
account-email-resend-pending = Sending…
account-email-new = New address
account-email-hint = We send it a link. The address changes once you open it and confirm.
account-email-button = Send the link
account-email-sent = We have sent a link to the new address. Your address changes once you confirm it there.
account-email-same = This is your address already.
account-email-elsewhere = The system you come from keeps your address. Please change it there.
account-password-first = Your account has no password yet, so nothing here can show that it is you.
account-password-choose = Choose a password first
account-language = Language
account-language-text = The language of pages and e-mails.
account-language-save = Use this language
account-password = Password
account-password-present = Current password
account-password-wrong = That is not your current password.
account-password-note = You stay signed in here. Everywhere else you are signed out, and your API tokens end.
account-password-button = Change my password
account-password-forgot = I do not know my password
account-password-done = Your password is changed. Everywhere else you have been signed out, and your API tokens have ended.
account-sessions = Where you are signed in
account-sessions-text = A session ends by itself after 30 days without a visit.
account-session-here = this browser
account-session-since = since { $date }
account-session-unknown = Unknown device
account-session-end = Sign out: { $device }
account-session-ending = Signing out…
account-session-ended = Signed out.
account-sessions-end = Sign out everywhere else
account-tokens = API tokens
account-tokens-text = A token lets a program of yours use { -brand } in your name, within what you allow it.
account-token-name = Name
account-token-name-hint = For you to know it again.
account-token-scopes = What it may do
account-token-scope-missing = Choose at least one.
account-token-scope-forbidden = Only an administrator may give a token that right.
account-token-many = You have 50 tokens. Revoke one that you no longer use.
account-token-create = Create a token
account-token-creating = Creating…
account-token-made = Your token is ready. Copy it now.
account-token-secret = Your new token
account-token-once = We keep only its fingerprint, so it is shown this once.
account-token-unnamed = Without a name
account-token-since = created { $date }
account-token-used = last used { $date }
account-token-unused = not used yet
account-token-revoke = Revoke
account-token-revoke-one = Revoke { $name }
account-token-revoking = Revoking…
account-token-revoked = Revoked. It opens nothing any more.
scope-credits-read = see balance and statement
scope-credits-spend = take credits from your own wallet
scope-jobs = make, see and delete jobs
scope-credits-write = change any wallet
scope-users-sync = make accounts for another system
scope-admin = everything the admin pages do
account-since = Member since { $date }
account-sign-out = Sign out
account-sign-out-text = Ends your session in this browser.
account-export = Your data
account-export-text = Everything we know of you in one ZIP archive: account and wallet, every line of the statement, purchases and refunds, what was changed by hand and why, jobs, sessions and tokens without their secrets, and your pictures and videos.
account-export-button = Download everything
account-delete = Delete the account
account-delete-goes = Gone for good are your address and name, your pictures, videos and drafts with what you wrote for them, your sessions and API tokens, and the credits and trials that are left. Jobs that wait are cancelled; one that is being made ends first, then its files go too.
account-delete-plan = A plan ends at once, without money back for the rest of its period. Checkouts that are open can no longer be paid.
account-delete-stays = What stays names nobody: the books of what was bought and used, by numbers, and a fingerprint of your address, so that the first free credits are given once. The payment provider keeps its own records.
account-delete-email = The e-mail address of this account
account-delete-button = Delete my account for good
account-delete-pending = Deleting…
account-delete-other = That is not the address of this account.
account-delete-last = You are the only administrator. Somebody else has to become one first.
goodbye-page = Account deleted
goodbye-title = Your account is deleted
goodbye-text = You are signed out everywhere. Your files are being erased; what is still being made goes as soon as it ends.
goodbye-button = Go to the home page

## Errors

error-home = Go to the home page
error-dashboard = Go to the dashboard
error-retry = Try again
error-reference = If you write to us, name this number: { $id }
error-not-found-title = This page is not here
error-not-found-text = It may have moved, or the address is not quite right.
error-forbidden-title = You may not do this
error-forbidden-text = Your account does not have the right for it.
error-cross-site-title = This came from another site
error-cross-site-text = For your safety we did nothing. If it was you, open the page here and try again.
error-rate-limited-title = A little too fast
error-rate-limited-text = Please wait { $seconds } { $count ->
    [one] second
   *[other] seconds
}, then try again. Nothing was charged.
error-internal-title = Something broke on our side
error-internal-text = It is written down and we look into it. If you were paying or making a picture, nothing is lost: what was paid is credited, and what failed costs nothing.
error-incomplete = This form did not come whole. Open its page again and send it from there; nothing was done and nothing was charged.
error-unavailable-title = Not available just now
error-unavailable-text = A service we need does not answer. Nothing was charged. Please try again in a few minutes.
error-interrupted-title = Interrupted for a moment
error-interrupted-text = Our database did not answer just now. If you were sending something, go back and send it again: however often the same form is sent, it is done once. What was paid is never lost.
error-insufficient-credits = No remaining quota. Please purchase a Credits Pack.
error-validation = Something in this form is not right yet. Please look at the marked fields.
error-idempotency-mismatch = This form was sent before with other content. Please press the button again.
error-conflict = This has been done already, or something changed in the meantime. Please look at the page again.
error-too-many-jobs = Too much of yours is still being made. Please wait for something to finish.

## E-mails

mail-hello = Hello,
mail-fact = { $name }: { $value }
mail-act = { $act }:
mail-verify-subject = Confirm your e-mail address
mail-verify-text = Please confirm that this address is yours.
mail-verify-act = Confirm my address
mail-verify-note = The link works for { $days } days. If you did not create an account at { -brand }, you can ignore this message.
mail-reset-subject = Choose a new password
mail-reset-text = Somebody, most likely you, asked for a new password.
mail-reset-act = Choose a new password
mail-reset-note = The link works once, for { $minutes } minutes. If it was not you, you can ignore this message: your password stays as it is.
mail-change-subject = Confirm your new e-mail address
mail-change-text = Somebody, most likely you, wants to use this address for their account at { -brand }. It changes once you confirm.
mail-change-act = Look at the change
mail-change-note = The link works once, for { $hours } hours. If it was not you, you can ignore this message: nothing changes.
mail-taken-subject = This address has an account already
mail-taken-text = Somebody, most likely you, wanted to use this address for another account at { -brand }. It has an account of its own, so nothing was changed.
mail-taken-act = Sign in with this address
mail-taken-note = To use the address for the other account, first change the address of this one, or delete it. If it was not you, you can ignore this message.
mail-moved-subject = The e-mail address of your account was changed
mail-moved-text = Your account at { -brand } has another address from now on. This one no longer signs in, and links that were sent to it have ended.
mail-moved-act = Sign in with the new address
mail-moved-note = If it was not you, write to us at once: { $contact }. Wherever you are signed in, you still are, and can change the password there.
mail-receipt-subject = Your receipt: { $item }
mail-receipt-text = Thank you. Your payment has arrived, and what you bought is in your account.
mail-receipt-brings = Brings
mail-receipt-act = Open the receipt
mail-receipt-note = The receipt can be printed, and stays in your payments.
mail-refund-subject = { $amount } is on its way back to you
mail-refund-text = We sent money back the way you paid. Banks take up to ten days to show it.
mail-refund-amount = Goes back
mail-refund-date = On
mail-refund-note = The credits it paid for are taken back in the same proportion; your statement shows it line by line.
mail-refund-note-plan = Credits you bought are not touched. If all of it goes back, the plan ends.
mail-renewal-subject = { $plan } could not be renewed
mail-renewal-text = The payment for { $plan } did not go through. Nothing changes until { $date }: until then the plan goes on as before.
mail-renewal-act = Pay, or change the card
mail-renewal-note = If it is not paid by then, the plan rests until it is. Credits you bought stay yours either way.
mail-anomalies-subject = Something is not as it should be
mail-anomalies-text = Today’s check of payments, credits and accounts found what was not there before. Nothing was done about it.
mail-anomalies-act = Look at it
mail-anomalies-not-asked = Not everything could be asked
mail-anomalies-see-report = the report says why
mail-anomalies-note = You are told of each once, and again only when it was gone and is back.
mail-stopped-subject = Spending is paused for your account
mail-stopped-text = Spending is paused while we look at your account. Your credits are safe. Jobs that run go on, and whatever you have paid is granted.
mail-lifted-subject = You can spend again
mail-lifted-text = We have looked at your account, and spending is no longer paused. Thank you for your patience.
mail-spending-act = Open my account
mail-spending-note = If you have a question, write to { $contact }.

## Terms

terms-page = Terms
terms-title = Terms
terms-updated = Version { $version }
terms-who-title = Who you deal with
terms-who-text = { -brand } is run by { $seller }. You reach us at { $contact }.
terms-credits-title = Credits
terms-credits-text = Credits pay for work in this studio. They are not money, cannot be paid out or passed on, and those you buy do not expire unless their pack says so. Work is paid when it succeeds; what fails is returned by itself.
terms-refunds-title = Money back
terms-plans-title = Plans
terms-plans-text = A plan is paid ahead for a period and renews by itself until you end it on the payments page; it then serves to the end of what is paid. Moving up counts at once and its difference is charged; moving down counts from the next period. An unpaid renewal leaves three days to pay.
terms-refunds-text = When a payment is returned, the credits it bought are taken back in proportion. If they are spent already, your account shows the shortfall and later credits settle it first. A plan whose period is paid back in full ends.
terms-withdrawal-title = Right of withdrawal
terms-withdrawal-text = In the European Union you may withdraw within 14 days. If you asked us to deliver at once, that right ends for the credits you have used.
terms-pictures-title = Your pictures
terms-pictures-text = Use only pictures of yourself, or those you have permission for. No nudity, no minors in a sexual context, nobody against their will. The studio checks this and refuses such work.
terms-results-title = What you make
terms-results-text = The pictures you make are yours to use. They are made by a machine and may show cut, colour or fit differently from the real garment.
terms-changes-title = Changes
terms-changes-text = We tell you about changes before they apply. The version you accepted is kept with your account.
terms-sandbox = This is a sandbox. No real money moves and nothing here binds anybody.

## Privacy

privacy-page = Privacy
privacy-title = Privacy
privacy-updated = Version { $version }
privacy-who-title = Who is responsible
privacy-who-text = { $seller }, { $contact }.
privacy-what-title = What we keep
privacy-what-text = Your e-mail address, your name if you gave it, a scrambled form of your password, your payments without card data, each change of your credits, when you first sent pictures, and your pictures and videos with the words you described them by.
privacy-pictures-title = Your pictures and videos
privacy-pictures-text = Only you can open them. To make a try-on or a video, the pictures and words are sent to { $provider }. The originals are deleted { $days } days after; results stay until you delete them.
privacy-cookies-title = Cookies
privacy-cookies-text = One that keeps you signed in, one that remembers your language, and until you close the browser one that says whether pages may follow your jobs by themselves. No tracking, no advertising, nothing from other sites.
privacy-payments-title = Payments
privacy-payments-text = You pay on the page of { $provider }. We are told that you paid, how much and by what means, never your card number.
privacy-rights-title = Your rights
privacy-rights-text = You may see, correct, take with you and delete what we keep about you. When you delete your account your pictures and personal details go; the ledger keeps figures without a name, because the law wants books kept.

## Sandbox

sandbox-page = Sandbox
sandbox-title = The sandbox
sandbox-lead = Everything here works as in earnest, but no real money moves: the payment service and the studio are stand-ins that run beside { -brand }.
sandbox-buy = Buy something
sandbox-accounts-title = Accounts to try
sandbox-cards-title = Test cards
sandbox-card-number = Card number
sandbox-card-outcome = What happens
sandbox-card-success = The payment succeeds.
sandbox-card-declined = The card is declined.
sandbox-card-insufficient = Declined: not enough funds.
sandbox-card-expired = Declined: the card has expired.
sandbox-card-cvc = Declined: the security code is wrong.
sandbox-card-processing = Declined: the bank could not process it.
sandbox-card-authentication = The bank asks first (3-D Secure), then the payment succeeds.
sandbox-card-disputed = The payment succeeds, then it is disputed.
sandbox-card-once = The first payment of a plan succeeds; its renewals are declined.
sandbox-card-refund-later = The payment succeeds; a refund of it takes a while.
sandbox-card-refund-fails = The payment succeeds; a refund of it fails later.
sandbox-places = On this page
sandbox-nothing = Nothing yet.
sandbox-creem = Creem
sandbox-at-creem = { $what } at Creem
sandbox-acts = What can happen
sandbox-date = Time (UTC)
sandbox-period = Period
sandbox-clock-title = The clock
sandbox-clock-now = It is { $now } (UTC) in the sandbox.
sandbox-clock-text = It only goes forward. Plans renew, bills are tried again, credits lapse and checkouts expire as they would with time.
sandbox-clock-hour = An hour on
sandbox-clock-day = A day on
sandbox-clock-days = Four days on
sandbox-clock-month = 32 days on
sandbox-subscriptions-title = Subscriptions
sandbox-subscription-ends = ends with this period
sandbox-subscription-acts = End the period now
sandbox-renew-paid = The next is paid
sandbox-renew-failed = The card is declined
sandbox-payments-title = Payments
sandbox-payment-acts = Refund or dispute
sandbox-refunded = { $amount } refunded
sandbox-refund-amount = Amount, in the smallest unit (cents)
sandbox-refund-hint = all of it: { $left }
sandbox-refund-fails = The refund fails later
sandbox-refund-button = Refund
sandbox-dispute = Dispute
sandbox-dispute-open = Open a dispute
sandbox-dispute-won = Dispute won, the payment stands
sandbox-dispute-lost = Dispute lost, the money goes back
sandbox-checkouts-title = Checkouts
sandbox-checkout-open = Open the page
sandbox-page-of = Checkout
sandbox-events-title = Webhooks
sandbox-event = Event
sandbox-delivery = Delivery
sandbox-delivery-none = Not sent
sandbox-delivery-held = Kept back
sandbox-delivery-done = Delivered, answered { $status }
sandbox-delivery-due = Due { $at }
sandbox-delivery-gone = { $count ->
    [one] Given up after { $n } try ({ $status })
   *[other] Given up after { $n } tries ({ $status })
}
sandbox-resend = Send again
sandbox-duplicate = Send twice
sandbox-drop = Stop it
sandbox-release = Let go what is kept back, newest first
sandbox-mode = How events are sent from now on
sandbox-mode-button = Set
sandbox-mode-normal = At once, as usual
sandbox-mode-delayed = 10 seconds late
sandbox-mode-duplicate = Three times each
sandbox-mode-reversed = Kept back, then newest first
sandbox-mode-never = Not at all
sandbox-webhooks-title = How one payment is announced
sandbox-webhook-mode = Webhook
sandbox-webhook-effect = What happens
sandbox-webhook-normal = Sent at once, as usual.
sandbox-webhook-delayed = Sent so many milliseconds later.
sandbox-webhook-duplicate = Sent so many times; it is credited once.
sandbox-webhook-before = Sent before you come back here.
sandbox-webhook-never = Not sent at all; the credits arrive all the same.
sandbox-mail-page = Sandbox mail
sandbox-mail-title = Mail
sandbox-mail-lead = Letters are kept here instead of being sent.
sandbox-mail-none = No letters yet.
sandbox-mail-open = “{ $subject }” as programs for letters show it

## The page that tries the client

test-credits-page = Try the client
test-credits-title = The client
test-credits-lead = One file for browsers and Node asks { -brand } for all that a page about credits needs. Each call here works on your own wallet.
test-credits-open = Try the client
test-credits-sandbox = To the sandbox
test-credits-calls = Calls
test-credits-file = The file:
test-credits-script = the client
test-credits-types = its types
test-credits-plain = The figures above are true without script; to try the calls, switch it on.
test-credits-try-ons = Try-ons left
test-credits-videos = Videos left
test-credits-run = Run
test-credits-of-credits = Reads the wallet, always from the server.
test-credits-of-on-credits = Calls back with the wallet now and at each change, until it is run again.
test-credits-of-has-enough = Says whether a try-on can be paid for, by credits, trials or a plan.
test-credits-of-deduct = Spends one credit of yours. A lost connection is tried again with the same key, so it is spent once.
test-credits-of-checkout = Begins to buy the first pack; the answer names the payment page.
test-credits-of-try-on = Starts a try-on with two sample pictures.
test-credits-of-wait-for-job = Waits for the end of the job last started here, without asking again and again.
test-credits-of-job = Reads that job as it is now.
test-credits-of-jobs = Reads your jobs, page by page; here the newest five.
test-credits-of-entries = Reads your statement, page by page; here the newest five entries.
test-credits-of-catalog = Reads what things cost.
test-credits-of-on-state = Calls back with whether something is on its way, what went wrong and the newest wallet, until it is run again.

## Style guide

style-page = Style guide
style-title = What pages are made of
style-lead = Colours, type and pieces, as every page uses them.
style-colours = Colours
style-type = Type
style-space = Space
style-specimen = A linen shirt, three sizes
style-buttons = Buttons and links
style-button = Button
style-button-main = Main button
style-button-plain = Plain button
style-button-small = Small button
style-button-danger = What cannot be undone
style-link = A link within text
style-pending = On its way…
style-fields = Fields
style-field = A field
style-field-hint = What belongs in it.
style-field-wrong = A field that was refused
style-field-error = What is wrong, and what to do.
style-notices = Notices
style-notice = Something to know.
style-figures = Figures, states and charts
style-figure = Credits
style-chart = Per day
style-gauge = How far a job has come
style-table = Table

## Problems, as programs read them

problem-bad-image = Bad image
problem-bad-signature = Bad signature
problem-bad-signature-why = The signature is missing, wrong or too old.
bulk-no-account = No account has this address.
bulk-erased = Not done, and erased since: whom it named is kept for seven days.
bulk-insufficient = Credits available: { $remaining }.
bulk-not-undone = Spent or held already, and not taken back: { $left }.
problem-conflict = Conflict
problem-conflict-email = This address has an account already.
problem-conflict-deleted = This account was deleted; it is not made again.
problem-conflict-ended = The job has ended already.
problem-conflict-has-plan = This account has a plan already; change it instead.
problem-conflict-in-flight = A request with this Idempotency-Key is still being worked on.
problem-conflict-no-draft = The pictures are gone; send them again.
problem-conflict-no-plan = This account has no plan.
problem-conflict-not-ended = The job has not ended yet; cancel it first.
problem-conflict-not-paid = This purchase was not paid.
problem-conflict-nothing-left = All of this payment went back already.
problem-conflict-refund-refused = The payment provider refused to give this money back. What it says of the payment was read again.
problem-conflict-by-hand = Nothing tells what would be right: this has to be mended by hand.
problem-conflict-same-plan = This is the plan of this account already.
problem-conflict-tokens = This account has 50 tokens; revoke one first.
problem-conflict-undone = This batch was undone; send its rows under another id.
problem-conflict-unparsed = This event could not be read, so there is nothing to act on.
problem-conflict-unverified = Verify your e-mail address first.
problem-cross-site = Refused
problem-cross-site-why = This request came from another site.
problem-forbidden = Forbidden
problem-forbidden-why = Your role or the token’s scopes do not allow this.
problem-idempotency-mismatch = Key used before
problem-idempotency-mismatch-why = This Idempotency-Key was used with another body.
problem-insufficient-credits = Insufficient credits
problem-internal = Internal error
problem-internal-why = Something broke on our side. It is in the log.
problem-method-not-allowed = Method not allowed
problem-method-not-allowed-why = This address does not answer that method.
problem-not-found = Not found
problem-not-found-why = There is nothing here for you.
problem-payload-too-large = Too large
problem-payload-too-large-why = The request is larger than allowed.
problem-provider-unavailable = Not available
problem-provider-unavailable-why = A provider does not answer. Nothing was charged.
problem-rate-limited = Too many requests
problem-rate-limited-why = Too many requests; wait before the next one.
problem-sign-in-wrong = E-mail or password is wrong.
problem-too-many-jobs = Too many jobs
problem-too-many-jobs-why = Too many of your jobs are unfinished.
problem-unauthenticated = Not signed in
problem-unauthenticated-why = Sign in, or send a valid bearer token.
problem-unavailable = Interrupted
problem-unavailable-why = The service was interrupted. Send the same request again with the same Idempotency-Key: it is done once.
problem-unsupported-media = Unsupported media
problem-unsupported-media-json = This takes application/json.
problem-unsupported-media-multipart = This takes multipart/form-data.
problem-validation = Invalid input
problem-validation-why = Some fields are not as they should be.

## What is wrong with a field, as programs read it

wrong-above-zero = wants a whole number above zero
wrong-account = wants the id of an account
wrong-boolean = wants true or false
wrong-count = wants { $least } to { $most } rows
wrong-choice = wants one of { $words }
wrong-credits = wants 1 to { $most } (set: from 0)
wrong-cursor = is not one of this list
wrong-data-uri = wants a data URI such as data:image/jpeg;base64,…
wrong-email = wants an e-mail address
wrong-form = Send every field of the form.
wrong-from-zero = wants a whole number, not below zero
wrong-incomplete = is not complete
wrong-length = wants { $least } to { $most } characters
wrong-list = wants a list
wrong-missing = is missing
wrong-multipart = is not complete multipart data
wrong-not-sold = is not sold
wrong-not-sold-there = does not sell this
wrong-object = wants a JSON object
wrong-off = is not switched on
wrong-own-account = cannot be your own account
wrong-other-rows = are not those this batch was begun with
wrong-printable = wants 1 to 255 printable characters
wrong-refund = is more than what can still go back
wrong-scope = has a right that only an administrator may give
wrong-text = wants text
wrong-texts = wants a list of texts
wrong-time = wants YYYY-MM-DD or an RFC 3339 time
wrong-span = is more than { $most } days away from the end
wrong-token = is not valid any more
wrong-too-long = may have at most { $most } characters
wrong-top-up = is not a whole amount within the bounds of the catalogue
wrong-unreadable = cannot be read
wrong-whole-number = wants a whole number
wrong-word = is not one of those there are

## The operator

bar-admin = Admin
admin-places = Admin pages
admin-all = All
admin-nothing = Nothing here.
admin-pending = Working…
admin-reason = Reason
admin-why-checked = Checked by hand
admin-why-mended = Mended from the reconciliation
admin-why-replayed = Replayed from the inbox
admin-why-applied = Applied after a look at its rows
admin-why-of-rows = Stands in the audit log for the row whose button is pressed.
admin-remaining = Credits left
admin-held = Held
admin-frozen = Frozen
admin-used = Used
admin-removed = Taken off
admin-total = Total
admin-debt = Owed
admin-uses-left = { $left } of { $all } left, { $held } set aside
admin-uses-unlimited = { $plan }: without a limit
admin-uses-renews = (renews on { $date })
admin-initial = Given at the start
admin-bonus = Bonus in all
admin-overview-page = Overview
admin-overview-title = Overview
admin-overview-lead = What the days came to, in UTC.
admin-overview-span = How many days
admin-overview-charts = By day
admin-overview-weeks = By week
admin-overview-weeks-how = Each bar is the week from its day on; of active and paying people the mean of the week’s days.
admin-days-newest = The newest { $n } days; all of them are in the file.
admin-money = Money
admin-people = People
admin-jobs = Jobs
admin-days = { $n } days
admin-revenue = Revenue
admin-refunded = Refunded
admin-sold = Credits sold
admin-given = Credits given
admin-spent = Credits spent
admin-returned = Credits returned
admin-lapsed = Credits lapsed
admin-taken-back = Credits taken back
admin-signed-up = Sign-ups
admin-active = Active people
admin-paying = Paying people
admin-succeeded = Jobs done
admin-failed = Jobs failed
admin-cancelled = Jobs cancelled
admin-revenue-in = Revenue in { $currency }
admin-refunded-in = Refunded in { $currency }
admin-chart-length = Mean length: { $tool }
admin-chart-failure-rate = Failure rate: { $maker }
admin-chart-margin = Margin: { $maker }
admin-providers = Providers
admin-providers-csv = Providers by day as CSV
admin-provider = Provider
admin-failure-rate = Failure rate
admin-length = Mean length
admin-credits = Credits
admin-cost = Cost
admin-margin = Margin
admin-margin-how = Margin: what the credits of these jobs were sold for on average in these days, less what the provider asks by the catalogue.
admin-percent = { $n } %
admin-seconds = { $n } s
admin-tool = { $tool ->
    [video] Video
   *[other] Try-on
}
admin-people-page = People
admin-people-title = People
admin-people-lead = Everybody with an account, newest first.
admin-people-search = How an address begins, or an id
admin-people-standing = Standing
admin-people-since = Since
admin-standing-admin = administrator
admin-standing-user = active
admin-standing-blocked = blocked
admin-standing-unverified = address not confirmed
admin-standing-debt = in debt
admin-person-page = A person
admin-adjust = Credits by hand
admin-adjust-action = What to do
admin-add = Add
admin-deduct = Take off
admin-set = Set to
admin-adjust-amount = Credits
admin-adjust-again = The same number again
admin-adjust-again-hint = Only for more than { $n } credits.
admin-adjust-reason-hint = Stands in their statement and in the audit log.
admin-adjust-button = Change the credits
admin-credits-changed = The credits are changed.
admin-credits-bounds = A whole number from 1 to { $most }; to set, also 0.
admin-type-again = Type the same number in both fields.
admin-reason-missing = Say why, please.
admin-too-few = Fewer credits than that are available. Nothing was changed.
admin-own-account = You cannot block your own account.
admin-access = Access
admin-block-text = Signs them out everywhere at once, ends their API tokens, and lets them in no more. Their credits stay.
admin-block = Block this account
admin-blocked = Blocked.
admin-unblock-text = This account is blocked.
admin-unblock = Let them in again
admin-unblocked = They can sign in again.
admin-sessions = Sessions
admin-sessions-none = Signed in nowhere.
admin-audit-page = Audit log
admin-audit-title = Audit log
admin-audit-lead = What operators did, newest first. Lines are never changed.
admin-audit-action = Action
admin-audit-actor = Who
admin-audit-target = To what
admin-audit-change = Change
admin-deed-credits-add = Credits given
admin-deed-credits-deduct = Credits taken off
admin-deed-credits-set = Credits set
admin-deed-bulk = Batch applied
admin-deed-bulk-undo = Batch closed, to be undone
admin-deed-bulk-undone = Batch undone
admin-deed-user-create = Account made
admin-deed-user-admin = Administrator of the settings brought up to date
admin-deed-user-sync = Account of an outside system made or changed
admin-deed-user-block = Account blocked
admin-deed-user-unblock = Account let in again
admin-deed-token-create = API token made
admin-deed-token-revoke = API token revoked
admin-deed-session-end = Session ended
admin-deed-spending-stop = Spending stopped
admin-deed-spending-lift = Spending allowed again
admin-deed-job-retry = Job looked at at once
admin-deed-job-cancel = Job cancelled
admin-deed-job-release = Job ended without a verdict
admin-deed-refund = Money given back
admin-deed-replay = Event acted on again
admin-deed-replay-failed = All failed events acted on again
admin-deed-reconcile = Reconciliation checked
admin-deed-mend = Finding mended
admin-deed-rebuild = Wallet written anew from its entries
admin-deed-accept = Finding accepted as it is
admin-events-page = Webhooks
admin-events-title = Webhook inbox
admin-events-lead = What payment providers told us, and what became of it.
admin-events-kind = Event
admin-events-state = State
admin-events-about = About
admin-events-attempts = Attempts
admin-events-replay = Act on it again
admin-events-replay-one = Act on it again: { $about }
admin-events-replay-failed = Act on all failed again ({ $n })
admin-event-received = waits
admin-event-processed = done
admin-event-ignored = nothing to do
admin-event-unparsed = not readable
admin-event-failed = failed
admin-event-page = Webhook event
admin-event-sent = What was sent
admin-event-origin = How it came
admin-event-told = The provider told us
admin-event-asked = We asked the provider
admin-event-error = What went wrong
admin-event-came = Came
admin-event-ended = Ended
admin-event-next = Acted on next
admin-event-blank = Its account was deleted, and what was sent with it.
admin-event-cut = This is its beginning.
admin-event-whole = All of it
admin-replayed = It is acted on again. What was granted is not granted twice.
admin-jobs-page = Jobs
admin-jobs-title = Jobs
admin-jobs-lead = Jobs of all accounts, newest first.
admin-jobs-search = A job’s id, its provider’s id, or an address
admin-jobs-tool = Tool
admin-jobs-code = Failure
admin-jobs-stuck = Only those past their deadline
admin-jobs-tries = Tries
admin-jobs-paid = Paid with
admin-jobs-trial = trial
admin-jobs-plan = plan
admin-jobs-length = Length
admin-job-page = A job
admin-job-title = { $tool ->
    [video] A video
   *[other] A try-on
}
admin-job-stuck = past its deadline
admin-job-fetches = Result asked for in vain
admin-job-files = Files kept
admin-job-no-files = none
admin-file-person = photo of the person
admin-file-garment = photo of the garment
admin-file-picture = first picture
admin-file-result = result
admin-job-course = What happened
admin-job-entry = Entry
admin-job-wanted = Wanted
admin-job-submitted = Last sent to the provider
admin-job-taken = Taken by the provider
admin-job-called-back = The provider called back
admin-job-ended = Ended
admin-job-failed = Ended as failed
admin-job-deleted = Deleted by its owner
admin-job-next = Looked at next
admin-job-deadline = Deadline
admin-job-act = By hand
admin-job-act-text = A job that ended stays as it is: nobody is charged again without asking.
admin-job-over = It has ended, so nothing can be done with it any more.
admin-job-retry = Try again now
admin-job-cancel = Cancel, as its owner would
admin-job-release = End it without a verdict; what it holds goes back
admin-job-act-button = Do it
admin-job-retried = It is looked at now.
admin-job-cancelled = Cancelled. If the provider has it already, it ends as the provider says.
admin-job-released = Ended. What it held went back, and a later verdict changes no money.
admin-job-had-ended = This job had ended already. Nothing was changed.
admin-settings-page = Settings
admin-settings-title = Settings in force
admin-settings-lead = What this process was started with. Settings change in its environment, and secrets are never shown.
admin-settings-variables = Settings
admin-setting = Setting
admin-setting-value = Value
admin-setting-from = From
admin-setting-set = set
admin-setting-default = default
admin-setting-unset = not set
admin-mode = Mode
admin-mode-sandbox = Sandbox: no real money moves
admin-mode-live = Live
admin-site = Address of the site
admin-database = Database
admin-migrations = Migrations
admin-version = Version
admin-node = This node
admin-started = Started
admin-provider-does = What for
admin-provider-heard = Last read to the end
admin-takes-money = payments
admin-makes-pictures = pictures and videos
admin-provider-on = switched on
admin-provider-read = its events are read
admin-provider-answers = answers
admin-provider-down = refused everything just now
admin-catalogue = Catalogue
admin-catalogue-item = Item
admin-catalogue-gives = Credits or uses
admin-catalogue-price = Price
admin-catalogue-cost = costs us { $cost }
admin-catalogue-top-up = Any amount, for each unit
admin-catalogue-bounds = { $min } to { $max }
admin-catalogue-uses = { $n } try-ons
admin-catalogue-unlimited = unlimited try-ons
admin-bulk-page = Bulk changes
admin-bulk-title = Many wallets at once
admin-bulk-lead = A table of changes: looked at first, then applied, each row once. What was applied can be undone.
admin-bulk-new = A new batch
admin-bulk-file = A file (CSV or JSON)
admin-bulk-rows = Or its rows
admin-bulk-hint = Up to { $most } rows, below a head with these columns:
admin-bulk-look = Look at it first
admin-bulk-batches = Batches applied
admin-bulk-count = Rows
admin-bulk-id = Batch
admin-batch-page = A batch
admin-batch-kept-title = Looked at, not applied
admin-batch-kept-lead = What each row would do. Nothing is changed yet.
admin-batch-applied-title = Applied
admin-batch-applied-lead = What became of each row.
admin-batch-undone-title = Undone
admin-batch-undone-lead = What was taken back of each row. None of its rows is done any more.
admin-batch-gives = Credits it gives
admin-batch-takes = Credits it takes
admin-batch-apply-title = Apply
admin-batch-apply-text = Rows that make no sense or cannot be done are left out; each other row is done once, however often this is sent.
admin-batch-change = Change the rows
admin-batch-again = All its credits
admin-batch-again-hint = It moves { $n } credits. Type that number: { $plain }
admin-batch-apply = { $count ->
    [one] Apply { $n } row
   *[other] Apply { $n } rows
}
admin-batch-undo-title = Undo
admin-batch-undo-text = Takes back what the rows did, as far as their credits are still free. What is left can be taken back later.
admin-batch-undo = Undo this batch
admin-batch-applied = applied
admin-batch-undone = undone
admin-batch-was-applied = Applied. What became of each row stands below.
admin-batch-was-undone = Undone as far as it goes. What became of each row stands below.
admin-batch-undone-before = This batch was undone before. Nothing was changed.
admin-batch-nothing = None of its rows can be applied. No credits were changed.
admin-batch-not-undone = None of its credits are free any more. No credits were taken back; what was not done of it is not done any more.
admin-batch-twin-applied = Meanwhile the same rows were applied as another batch. Nothing was changed; apply this one as well only if that is meant.
admin-batch-same = The same rows were applied on { $when }, and what they changed stands. Applied again, those that were done are done a second time.
admin-batch-same-look = See that batch
admin-batch-type-total = Type the number of credits that it moves.
admin-row = Row
admin-row-problem = Why not
admin-row-wrong = Makes no sense
admin-row-refused = Cannot be done
admin-row-waits = Would be done
admin-row-done = Done
admin-row-undone = Taken back
admin-row-undone-in-part = Taken back in part
admin-table-empty = There are no rows in it.
admin-table-long = That is too much at once: { $most } rows at most.
admin-table-large = That is too much at once: 8 MB at most. Please send it in parts.
admin-table-line = Line { $n } cannot be read: it has more or fewer columns than the head, or letters that are not UTF-8.
admin-table-column = Column { $n } of the head is none of email, action, amount and reason, or is there twice.
admin-table-column-missing = The head lacks the column { $name }.
admin-table-row = Row { $n } is no object of email, action, amount and reason.
admin-purchases-page = Purchases
admin-purchases-title = Purchases
admin-purchases-lead = What everybody set out to buy, newest first, and what became of it.
admin-purchases-search = Address, or any id
admin-held-back = Held back
admin-held-any = For any reason
admin-held-owner = another account
admin-held-record = another purchase
admin-held-currency = another currency
admin-held-amount = too little paid
admin-held-second-plan = a second plan
admin-held-account-deleted = account deleted
admin-held-for = Held back: { $reason }
admin-held-why-owner = The payment came, and nothing was granted: { $provider } says that it is of another account than this record. It is held back until an operator decides.
admin-held-why-record = The payment came, and nothing was granted: { $provider } says that it is of another purchase than this record. It is held back until an operator decides.
admin-held-why-currency = The payment came, and nothing was granted: it is in another currency than this record. It is held back until an operator decides.
admin-held-why-amount = The payment came, and nothing was granted: less was paid at { $provider } than this record asks for. It is held back until an operator decides.
admin-held-why-second-plan = The payment came, and nothing was granted: the account had a plan already. This second one is ended, and its money goes back by itself.
admin-held-why-account-deleted = The payment came, and nothing was granted: the account was deleted before. It is held back until an operator decides.
admin-purchase-page = A purchase
admin-purchase-answer = What does not agree
admin-purchase-why = Why nothing was granted
admin-purchase-all-findings = All that does not agree
admin-purchase-unasked = { $provider } did not answer just now, so nobody knows here whether it was paid.
admin-purchase-paid-not-granted = { $provider } says that this was paid, and nothing was granted for it: what { $provider } told of it did not arrive here, or could not be acted on.
admin-purchase-unpaid = { $provider } does not say that this was paid, so nothing was granted.
admin-purchase-facts = The record
admin-purchase-granted = Granted
admin-purchase-free = Free
admin-purchase-gone = Lapsed or taken off
admin-purchase-brings = Brings
admin-purchase-period = Period
admin-purchase-price = Price
admin-purchase-paid = Paid
admin-purchase-returned = Went back
admin-purchase-session = Checkout
admin-purchase-payment = Payment
admin-purchase-transaction = Charge
admin-purchase-subscription = Subscription
admin-purchase-receipt-of = Receipt
admin-purchase-receipt = At the provider
admin-purchase-story = What happened
admin-story-made = The record was made, and the checkout opened
admin-story-granted = Paid and granted
admin-story-refund = Refund of { $amount }
admin-story-dispute = Dispute of { $amount }
admin-story-event = Told: { $kind }
admin-story-sent = sent
admin-story-on-its-way = on its way
admin-story-open = open
admin-story-won = won
admin-story-lost = lost
admin-refund = Give money back
admin-refund-how = How much
admin-refund-all = All that is left: { $amount }
admin-refund-part = A part
admin-refund-amount = Amount of a part, in { $currency }
admin-refund-amount-hint = As it is written on a bill, for example 1.90. Not needed for all of it.
admin-refund-look = Show what it does
admin-refund-preview = What it does now
admin-refund-back = Money that goes back
admin-refund-left = Money that stays
admin-refund-taken = Credits taken back
admin-refund-free = Of these, still there
admin-refund-owed = Of these, owed afterwards
admin-refund-ends-plan = The period that this paid for ends at once, and the plan with it.
admin-refund-reason-hint = Stands in the audit log.
admin-refund-button = Give { $amount } back
admin-refund-amount-wrong = An amount above zero, as it is written on a bill, for example 1.90.
admin-refund-too-much = No more than what is left can go back.
admin-refund-nothing-left = All of this payment went back already.
admin-refund-not-paid = This was not paid through a provider, so nothing can go back.
admin-refund-refused = The payment provider refuses this refund. Nothing was given back.
admin-refund-changed = Something changed since this was shown, so nothing was given back. Below is what it does now.
admin-refund-unknown = The payment provider did not answer, so the money may have gone back or not. Send the same form again: it is done once.
admin-refunded-now = The money goes back, and the credits followed it.
admin-subscriptions-page = Subscriptions
admin-subscriptions-title = Subscriptions
admin-subscriptions-lead = Plans of everybody, newest first, as their provider last said.
admin-subscriptions-search = Address or id
admin-plan = Plan
admin-plan-since = Begun
admin-plan-goes-on = How it goes on
admin-plan-purchases = What it was paid
admin-plan-incomplete = not paid yet
admin-plan-active = active
admin-plan-past-due = renewal unpaid
admin-plan-ended = ended
admin-plan-renews = renews by itself
admin-plan-ends = ends with its period
admin-plan-ended-on = ended on { $date }
admin-plan-errand-end = the provider has still to be told to end it
admin-plan-errand-refund = the provider has still to be told to end it and to give its money back
admin-person-purchases = All purchases of this account
admin-person-jobs = What was made last
admin-person-statement = The whole statement, with its sums
admin-job-tool = Tool
admin-job-cost = Cost
admin-paid-trial = a free trial
admin-paid-plan = the plan
admin-statement-page = A statement
admin-statement-title = Statement of { $email }
admin-statement-lead = Every change of these credits: what for, by whom, and what was left.
admin-statement-sums = What it comes to
admin-statement-entries = Entries
admin-sum-initial = Initial credits
admin-sum-purchase = Bought
admin-sum-bonus = Bonus
admin-sum-added = Added by an operator
admin-sum-try-on = Try-ons, used or held
admin-sum-video = Videos, used or held
admin-sum-own = Deducted by the account itself
admin-sum-deducted = Taken off by an operator
admin-sum-taken-back = Taken back after a refund or a dispute
admin-sum-lapsed = Lapsed
admin-sum-other = Something else
admin-sum-balance = Balance
admin-statement-by = By

# The HTTP API
api-page = HTTP API
api-title = HTTP API
api-lead = Everything the site can do, for programs.
api-document = The same for programs: OpenAPI
api-token = A program shows an API token, which is made on the account page.
api-contents = Contents
api-shapes = Shapes
api-anyone = Anyone may ask.
api-session = Whoever is signed in may ask; no token may.
api-account = Whoever is signed in may ask, or a token with { $scopes }.
api-operator = Administrators may ask, or their token with { $scopes }.
api-body = Body
api-answers = Answers
api-field = Name
api-kind = Type
api-meaning = Meaning
api-optional = may be missing
admin-reconciliation-page = Reconciliation
admin-reconciliation-title = Reconciliation
admin-reconciliation-lead = Payments, ledger and jobs against each other. Checked once a day; each finding is looked for again before it is mended.
admin-check-now = Check now
admin-checked = Checked. What was found stands below.
admin-check-runs = The check runs on: payment providers are asked about every purchase, which can take minutes. This page has it when it is done.
admin-check-asked = A check was asked for and is not done yet. Since:
admin-check-look = Look again
admin-mended = It is right now, and stands in the audit log.
admin-nothing-wrong = Nothing is wrong with it any more. Nothing was changed.
admin-still-wrong = It was tried, and is found still. The audit log says what was done.
admin-by-hand = Nothing tells what would be right: this has to be mended by hand. Nothing was changed.
admin-open-payments = Payments
admin-open-jobs = Jobs
admin-open-figures = Figures
admin-report-of = Checked
admin-report-agrees = Everything agrees.
admin-report-rest-agrees = What could be asked agrees.
admin-report-problem = Not everything could be asked:
admin-report-more = { $n } in all; the first are shown.
admin-reports = Reports of the last 90 days
admin-report-when = Checked
admin-report-made = Made
admin-report-daily = daily
admin-report-by-hand = by an operator
admin-report-findings = Findings
admin-fault = What does not agree
admin-fault-about = Id
admin-fault-account = Account
admin-fault-expected = Expected
admin-fault-found = Found
admin-fault-mend = What mends it
admin-fault-mend-one = { $what }: { $about }
admin-fault-mended = mended
admin-fault-payment-without-record = A payment without a record
admin-fault-record-without-payment = A record without a payment
admin-fault-paid-not-granted = Paid, not granted
admin-fault-granted-not-paid = Granted, not paid
admin-fault-granted-twice = Granted twice
admin-fault-wrong-credits = Another number of credits
admin-fault-wrong-owner = Another account
admin-fault-wrong-currency = Another currency
admin-fault-wrong-payment = Another amount or payment
admin-fault-refund-not-taken-back = A refund whose credits are still there
admin-fault-taken-back-without-refund = Credits taken back without a refund
admin-fault-dispute-not-frozen = A dispute whose credits are not frozen
admin-fault-frozen-without-dispute = Credits frozen without a dispute
admin-fault-plan-invoice-without-period = A paid invoice without its period
admin-fault-period-without-invoice = A period without a paid invoice
admin-fault-two-live-plans = A second living plan
admin-fault-job-without-hold = A job that nothing is held for
admin-fault-hold-without-job = A hold without a job
admin-fault-held-after-end = Held after its job ended
admin-fault-captured-of-failed = Charged for a job that did not succeed
admin-fault-released-of-succeeded = Given back for a job that succeeded
admin-fault-double-release = Ended twice
admin-fault-record-against-job = The record of a use against its job
admin-fault-wallet-sum = A sum of a wallet
admin-fault-lot-off = A lot of credits
admin-fault-version-off = The version of a wallet
admin-fault-trials-off = The trials of a wallet
admin-fault-period-off = The uses of a period
admin-fault-entry-off = An entry of the ledger
admin-fault-day-off = A day of the overview
admin-mend-adopt = Make the record and grant it
admin-mend-fulfil = Read it again and grant it
admin-mend-take-back = Take the credits back
admin-mend-correct = Set it right
admin-mend-give-back = Give the money back
admin-mend-read-again = Read it again at the provider
admin-mend-withdraw = Withdraw the period
admin-mend-end-plan = End the younger plan and pay it back
admin-mend-hold = Hold for it now, or stop it
admin-mend-settle = End the hold as the job ended
admin-mend-make-up = Make up for it
admin-mend-rebuild = Compute it anew from the entries
admin-mend-by-hand = By hand
admin-anomalies-page = Anomalies
admin-anomalies-title = Anomalies
admin-anomalies-lead = What looks odd. Nothing is done about it by itself: look at it, and stop an account’s spending where you have to.
admin-anomalies-kinds = Which anomalies
admin-anomalies-waiting = { $count ->
    [one] { $n } anomaly was found by the last daily look.
   *[other] { $n } anomalies were found by the last daily look.
}
admin-findings-waiting = { $count ->
    [one] { $n } finding of the newest reconciliation is open.
   *[other] { $n } findings of the newest reconciliation are open.
}
admin-not-asked-waiting = The newest reconciliation could not ask a payment provider everything.
admin-failed-waiting = { $count ->
    [one] { $n } webhook event failed and waits to be replayed.
   *[other] { $n } webhook events failed and wait to be replayed.
}
admin-anomaly-seen = Seen
admin-anomaly-limit = Limit
admin-anomaly-since = Since
admin-anomaly-mended = Mended by the reconciliation
admin-anomaly-unpaid-grant = Granted without payment
admin-anomaly-unpaid-grant-text = Credits of a purchase that is not paid, as our own books have it.
admin-anomaly-given-credits = Much given by hand
admin-anomaly-given-credits-text = Credits that operators and programs gave one account on one day.
admin-anomaly-ledger-drift = Books that do not add up
admin-anomaly-ledger-drift-text = What the newest report of the reconciliation found in an account’s own books.
admin-anomaly-stuck-hold = A hold that does not end
admin-anomaly-stuck-hold-text = Credits, trials or uses of a plan that are held for a job, for longer than jobs take.
admin-anomaly-refund-rate = Many refunds
admin-anomaly-refund-rate-text = Of an account’s purchases, those that were refunded or disputed.
admin-anomaly-sign-up-burst = Many accounts from one address
admin-anomaly-sign-up-burst-text = Accounts that were made from one address within a short time. The address itself is not kept: the id is a hash of it.
admin-limits = Limits
admin-limits-how = They are settings of the installation, ATELIER_ANOMALY_…
admin-limit-given = Given by hand: more than { $n } credits to one account on one day.
admin-limit-held = Held: longer than { $n } hours.
admin-limit-refunds = Refunds: more than { $percent } % of the purchases of the last { $days } days, from { $purchases } purchases on.
admin-limit-burst = Accounts from one address: more than { $n } within { $hours } hours.
admin-spending = Spending
admin-standing-stopped = spending stopped
admin-stop-text = They start no job and buy nothing until you lift it, and are told so. Their credits stay, running jobs end, what they have paid is granted.
admin-stop = Stop spending
admin-stop-one = Stop spending: { $id }
admin-stopped = Spending is stopped. Its owner is told.
admin-lift-text = Spending is stopped for this account.
admin-lift = Let them spend again
admin-lifted = They can spend again, and are told so.
