// Whom the shared story is about, in each vendor's ids (docs/story.md), and the demo credentials of the dataset `default`.
// They are no secret: they open nothing but a sandbox, and stay the same between versions.

/** The keys that see all customers. */
export const KEYS = {
  jframework: { "Brand-URL": "https://billing.northgate.example", "Auth-Key": "jf_ecd591f48334a5b296beeaec3d8f9f5a" },
  saaslogic: { Authorization: "Bearer sl_8b58e9d847bb524cb6a205eed77cc2d8" },
  wisecp: { Apikey: "wi_a53a70568ba176f0fe1432489ee92492" },
};

/** SaaSLogic lists the invoices of one product: these are all. */
export const PRODUCTS = [
  "115c72f0-6e43-568c-9393-6a6d11cad9e4", // Fibre Internet
  "ab910405-58dd-554a-8ec8-7b20291d3240", // IPTV
  "7437cf96-510a-5154-b505-1caa76e06e8b", // Cloud Telephony
  "cb4ee093-590c-597c-bcdb-e3f05d5cb6a8", // IoT Connectivity
  "cf8109c2-b59f-5165-87a0-749904f708e8", // Managed Hosting
  "d0b08ad1-3c27-5fc7-b938-8993fd02fbdf", // Online Backup
];

/** NetGroot and floLIVE tell a customer's invoices to the customer's own token, floLIVE to the parent's, too. */
export const CUSTOMERS = [
  {
    name: "Harbourlight Logistics",
    currency: "USD",
    netgroot: { token: "ng_cf4c7e8682adfd57db8456996f88a92c" },
    jframework: { address: "address-harbourlight" },
    saaslogic: { client: "b28bf0b2-4da7-5bd5-a45f-403eb0f36510" },
    flolive: { customer: "37b18fcc-faf8-56e1-bce3-854bec5d6c72", token: "fl_3a274431137eb9bc364d42223c6d94a6" },
    wisecp: { user: "11" },
  },
  {
    name: "Kestrel Print Works",
    currency: "GBP",
    netgroot: { token: "ng_ee49e156e80113abdecf00aa78e86ccf" },
    jframework: { address: "address-kestrel" },
    saaslogic: { client: "26e9e135-5678-57dd-974f-461663ddd2b5" },
    flolive: { customer: "545b356c-6723-500e-a75e-af906d2c2cff", token: "fl_73b033510bf5336254604dcf8c5b1354" },
    wisecp: { user: "12" },
  },
  {
    name: "Blauwal Software",
    currency: "EUR",
    netgroot: { token: "ng_a83668e1a694f73ebbf6141bac8613f8" },
    jframework: { address: "address-blauwal" },
    saaslogic: { client: "c41c8b4b-b80c-55d1-8070-c89c25a00389" },
    flolive: { customer: "b760942a-2e92-5e94-a416-545a615c0774", token: "fl_8e365fe41f275c249627ad327fb3dae9" },
    wisecp: { user: "13" },
  },
  {
    name: "Sequoia Clinics",
    currency: "USD",
    netgroot: { token: "ng_27cd464b1aef7d77405ab1f52ceddc44" },
    jframework: { address: "address-sequoia" },
    saaslogic: { client: "62c45b9c-3466-58f4-9046-0282c07ff2e1" },
    flolive: { customer: "6fe5c942-0747-52c7-944a-d79346fac9c4", token: "fl_3a274431137eb9bc364d42223c6d94a6" },
    wisecp: { user: "14" },
  },
  {
    name: "Mistral Voyages",
    currency: "EUR",
    netgroot: { token: "ng_b136559649c9582884baaf133a9e727a" },
    jframework: { address: "address-mistral" },
    saaslogic: { client: "e30ceca3-fb88-50b3-9c59-bb73d73ad291" },
    flolive: { customer: "291e17b1-360f-5ffd-8c49-bc08803dfc0f", token: "fl_30af9888747fb08054eff47c6f39d7d4" },
    wisecp: { user: "15" },
  },
  {
    name: "Tundra Outfitters",
    currency: "USD",
    netgroot: { token: "ng_06835ca2569cbbe5c0dad3cc466c5657" },
    jframework: { address: "address-tundra" },
    saaslogic: { client: "9a2e3b0d-7bf7-54bc-a34e-08611ae9487b" },
    flolive: { customer: "858aa6e4-e584-507e-a7b7-860c9a496515", token: "fl_f549f509808d4dd07176fbaef008163e" },
    wisecp: { user: "16" },
  },
  {
    name: "Oliveto Foods",
    currency: "EUR",
    netgroot: { token: "ng_c00922acdff8593d614267a4a7a04074" },
    jframework: { address: "address-oliveto" },
    saaslogic: { client: "ec868811-2634-5f3f-b20c-73161ec6d91e" },
    flolive: { customer: "b7886120-531b-5837-af65-4fd8d9ecb192", token: "fl_8e365fe41f275c249627ad327fb3dae9" },
    wisecp: { user: "17" },
  },
  {
    name: "Lanternfish Studio",
    currency: "USD",
    netgroot: { token: "ng_edaf5bc597476f33cf294236c35994a2" },
    jframework: { address: "address-lanternfish" },
    saaslogic: { client: "05a0147b-2e45-51b3-8961-4a3ced1a756a" },
    flolive: { customer: "ac945a8f-8d9d-5612-947d-e880466363fd", token: "fl_dcb793d23f8ef6f60520578fe62abfad" },
    wisecp: { user: "18" },
  },
  {
    name: "Cobalt Analytics",
    currency: "GBP",
    netgroot: { token: "ng_2f122432a0d885302b25527e843e3be4" },
    jframework: { address: "address-cobalt" },
    saaslogic: { client: "150c6240-a193-5dd4-8bbe-2f4487fbea98" },
    flolive: { customer: "5f7463ac-24e6-5243-b550-7eb960d6e602", token: "fl_f5711cddc5271dabeb2a4bafb3b0e974" },
    wisecp: { user: "19" },
  },
  {
    name: "Ceiba Telemetry",
    currency: "USD",
    netgroot: { token: "ng_3c63132fa427017cd827a68549c88cc0" },
    jframework: { address: "address-ceiba" },
    saaslogic: { client: "becdb3e9-74b0-5b65-96c7-4cdd188dcd0b" },
    flolive: { customer: "923cc0be-722a-542b-9274-5c3f41d190b4", token: "fl_d13340946647d641cf11f68afaa8e695" },
    wisecp: { user: "20" },
  },
  {
    name: "Nordlys Energy",
    currency: "USD",
    netgroot: { token: "ng_347b38c625c49403553d900a238ceab1" },
    jframework: { address: "address-nordlys" },
    saaslogic: { client: "ebf0c24c-9ee5-54cd-bdb2-17eaa98a90cc" },
    flolive: { customer: "b56d644f-e0f9-57a8-85ea-4d0ade6f6dd5", token: "fl_e592f33408883cb3bedb38654119a9c3" },
    wisecp: { user: "21" },
  },
  {
    name: "Pinecrest Schools",
    currency: "USD",
    netgroot: { token: "ng_91ed981cdb60232479a04ec937265d83" },
    jframework: { address: "address-pinecrest" },
    saaslogic: { client: "c93b64df-268e-5847-801b-2521c15c41e9" },
    flolive: { customer: "34dd0e3c-d580-5a88-8693-b76901054994", token: "fl_0260447616bfe58c603684cd9e77f8c1" },
    wisecp: { user: "22" },
  },
];
